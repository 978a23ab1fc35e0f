using System.CommandLine;

using Etcd.Proxy.Programs;

namespace Etcd.Proxy;

/// <summary>The subcommands of <c>etcd</c>: <c>gateway</c> and <c>grpc-proxy</c>.</summary>
public static class ProxyProgram
{
    /// <summary>Whether the arguments name a subcommand.</summary>
    public static bool Handles(string[] arguments) => arguments is ["gateway" or "grpc-proxy", ..];

    /// <summary>Runs a subcommand until it is told to stop.</summary>
    /// <param name="arguments">The program's arguments, the subcommand first.</param>
    /// <returns>The exit code: 0 after a stop that was asked for, 1 when it could not start or the arguments are wrong.</returns>
    public static Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("etcd for .NET") { GatewayProgram.Create(), GrpcProxyProgram.Create() };
        return root.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }
}
