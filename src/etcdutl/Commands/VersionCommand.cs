using Etcd.Server;

using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create() => new("version", "Prints the version of etcdutl")
    {
        Run = invocation =>
        {
            invocation.Output.WriteLine($"etcdutl version: {EtcdVersion.Compatibility}");
            invocation.Output.WriteLine($"API version: {EtcdVersion.Compatibility[..EtcdVersion.Compatibility.LastIndexOf('.')]}");
        },
    };
}
