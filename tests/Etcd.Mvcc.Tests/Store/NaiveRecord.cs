namespace Etcd.Mvcc.Tests.Store;

/// <summary>One key in the model.</summary>
internal sealed record NaiveRecord(string Value, long Create, long Mod, long Version);
