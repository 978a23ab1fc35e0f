using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Makes the conditions of a transaction. For a range, every key in it must meet the condition.</summary>
/// <remarks>A missing key has version, revisions and lease 0, and meets no condition on its value.</remarks>
public static class Conditions
{
    /// <summary>The key does not exist.</summary>
    public static Compare IsMissing(EtcdBytes key) => Version(key, Compare.Types.CompareResult.Equal, 0);

    /// <summary>The key exists.</summary>
    public static Compare Exists(EtcdBytes key) => Version(key, Compare.Types.CompareResult.Greater, 0);

    /// <summary>Compares the value, in byte order.</summary>
    public static Compare Value(KeyRange range, Compare.Types.CompareResult result, EtcdBytes value) =>
        New(range, result, new Compare { Target = Compare.Types.CompareTarget.Value, Value = value.ByteString });

    /// <summary>Compares the number of writes since the key was created.</summary>
    public static Compare Version(KeyRange range, Compare.Types.CompareResult result, long version) =>
        New(range, result, new Compare { Target = Compare.Types.CompareTarget.Version, Version = version });

    /// <summary>Compares the revision of the key's creation.</summary>
    public static Compare CreateRevision(KeyRange range, Compare.Types.CompareResult result, long revision) =>
        New(range, result, new Compare { Target = Compare.Types.CompareTarget.Create, CreateRevision = revision });

    /// <summary>Compares the revision of the key's last change.</summary>
    public static Compare ModRevision(KeyRange range, Compare.Types.CompareResult result, long revision) =>
        New(range, result, new Compare { Target = Compare.Types.CompareTarget.Mod, ModRevision = revision });

    /// <summary>Compares the key's lease.</summary>
    public static Compare Lease(KeyRange range, Compare.Types.CompareResult result, long lease) =>
        New(range, result, new Compare { Target = Compare.Types.CompareTarget.Lease, Lease = lease });

    private static Compare New(KeyRange range, Compare.Types.CompareResult result, Compare condition)
    {
        condition.Result = result;
        condition.Key = range.Key.ByteString;
        condition.RangeEnd = range.End.ByteString;
        return condition;
    }
}
