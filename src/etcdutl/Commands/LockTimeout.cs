using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary>How long a command waits for a file that another process has open, and says that it does.</summary>
internal sealed class LockTimeout : IDisposable
{
    private const string Name = "timeout";

    private readonly Timer _notice;

    private LockTimeout(TimeSpan limit, Invocation invocation, string path, string hint)
    {
        Limit = LimitOf(limit);
        _notice = new Timer(
            _ => invocation.Errors.WriteLine($"waiting for etcd to close and release its lock on \"{path}\"{hint}"),
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The flag; a later release of etcd has it too, so that help stays that of 3.5 without it.</summary>
    public static Flag Flag { get; } =
        new(Name, FlagKind.Duration, "10s", "How long to wait for a file that another process has open; 0 for as long as it takes") { IsHidden = true };

    public TimeSpan Limit { get; }

    /// <summary>Begins to wait. After a second it says for what, unless the command has ended.</summary>
    /// <param name="invocation">The command.</param>
    /// <param name="path">The file.</param>
    /// <param name="hint">What else it says.</param>
    public static LockTimeout Begin(Invocation invocation, string path, string hint = "") => new(invocation.Flags.Duration(Name), invocation, path, hint);

    /// <summary>The limit for a command that works on several files.</summary>
    public static TimeSpan Of(Invocation invocation) => LimitOf(invocation.Flags.Duration(Name));

    public void Dispose() => _notice.Dispose();

    // A time that is over before it begins allows one try, as in etcd; .NET has one of these for "without end".
    private static TimeSpan LimitOf(TimeSpan given) =>
        given == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : given < TimeSpan.Zero ? TimeSpan.Zero : given;
}
