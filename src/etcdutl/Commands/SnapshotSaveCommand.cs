using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl snapshot save</c>: tells that it is the other tool's work, as etcd does.</summary>
internal static class SnapshotSaveCommand
{
    public static Command Create() => new("save <filename>", string.Empty)
    {
        IsHidden = true,
        HidesFlagsInUse = true,
        Deprecation = "Use `etcdctl snapshot save` to download snapshot",
        Run = _ => throw new CommandFailedException(ExitCode.BadArguments, "In order to download snapshot use: `etcdctl snapshot save ...`"),
    };
}
