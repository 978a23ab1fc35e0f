using Etcd.Server.Bootstrap;

using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary>The two flags by which commands are told where a member's files are.</summary>
internal static class DataDirectoryFlags
{
    public static DataDirectory Read(Invocation invocation) => Read(invocation, "data-dir", "wal-dir");

    public static DataDirectory Read(Invocation invocation, string root, string wal) =>
        new(invocation.Flags.Text(root), invocation.Flags.Text(wal) is { Length: > 0 } given ? given : null);
}
