namespace Etcd.Wal;

/// <summary>Another process has the log open.</summary>
/// <param name="path">Segment whose lock is taken.</param>
public sealed class WalLockedException(string path) : IOException($"{path}: locked by another process")
{
    /// <summary>Segment whose lock is taken.</summary>
    public string Path { get; } = path;
}
