namespace Etcd.Bolt.Tests;

/// <summary>Tests that start programs, while no other runs: until a new process has begun its program, it shares the locks of files that are open here, and
/// who opens one of them again meanwhile finds it locked.</summary>
[CollectionDefinition(nameof(ProcessStarts), DisableParallelization = true)]
public sealed class ProcessStarts;
