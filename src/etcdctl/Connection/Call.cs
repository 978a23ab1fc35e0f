using Etcd.Client.Calls;
using Etcd.Grpc;

namespace Etcdctl.Connection;

/// <summary>Runs calls and turns their errors into the end of the command.</summary>
internal static class Call
{
    /// <summary>Waits for a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="code">Exit code of its failure.</param>
    /// <param name="format">Text around the error, with {0} in its place.</param>
    /// <exception cref="CommandFailedException">It failed.</exception>
    public static async Task<T> RunAsync<T>(Task<T> call, ExitCode code = ExitCode.Error, string format = "{0}")
    {
        try
        {
            return await call;
        }
        catch (RpcException error) when (error.InnerException is SignInFailedException)
        {
            throw CommandFailedException.Because(ExitCode.BadConnection, RpcErrorText.Short(error));
        }
        catch (RpcException error)
        {
            throw CommandFailedException.Because(code, format.Replace("{0}", RpcErrorText.Short(error), StringComparison.Ordinal));
        }
    }
}
