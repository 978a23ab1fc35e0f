namespace Etcd.Grpc.Server;

/// <summary>Is told what happens to calls of known methods: the source of the <c>grpc_server_*</c> metrics.</summary>
/// <remarks>Called on request threads, many at a time; must be quick and must not throw.</remarks>
public interface IRpcServerObserver
{
    /// <summary>A call has arrived and its method is known.</summary>
    void CallStarted(RpcServerMethod method);

    /// <summary>A whole request message has arrived.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="messageBytes">Its length in bytes, without prefix and not compressed.</param>
    void MessageReceived(RpcServerMethod method, long messageBytes);

    /// <summary>A reply message has been handed to the connection.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="messageBytes">Its length in bytes, without prefix and not compressed.</param>
    void MessageSent(RpcServerMethod method, long messageBytes);

    /// <summary>The call has ended.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="code">Its status.</param>
    /// <param name="elapsed">Time since <see cref="CallStarted"/>.</param>
    void CallHandled(RpcServerMethod method, RpcStatusCode code, TimeSpan elapsed);
}
