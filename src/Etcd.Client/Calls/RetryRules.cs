using Etcd.Grpc;

namespace Etcd.Client.Calls;

/// <summary>
/// When a call is repeated; the rules of etcd's own client. Errors are matched on code and text: one code covers
/// failures before and after the request was carried out.
/// </summary>
internal static class RetryRules
{
    /// <summary>Repetitions of a request that may have been carried out.</summary>
    public const int RepeatsMax = 100;

    /// <summary>How the transport begins the text of a connection that could not be opened: nothing was sent on it.</summary>
    public const string ConnectionErrorPrefix = "connection error: desc = ";

    /// <summary>Text for a stream that the server refused before looking at it (RFC 9113, section 8.7).</summary>
    private const string RefusedStream = "stream terminated by RST_STREAM with error code: REFUSED_STREAM";

    /// <summary>Decides about a failed unary call.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="kind">What the request does.</param>
    /// <param name="hasCredentials">The client can sign in again.</param>
    public static RetryVerdict Judge(RpcException error, CallKind kind, bool hasCredentials)
    {
        if (hasCredentials && IsStaleToken(error))
        {
            return RetryVerdict.SignIn;
        }

        if (WasNotSent(error))
        {
            return RetryVerdict.TryNextEndpoint;
        }

        return kind == CallKind.Repeatable && error.Code == RpcStatusCode.Unavailable ? RetryVerdict.Repeat : RetryVerdict.Fail;
    }

    /// <summary>Whether a broken stream (watch, keep-alive) is opened again.</summary>
    public static bool CanReopen(RpcException error) =>
        error.Code is RpcStatusCode.Unavailable or RpcStatusCode.Internal && !IsNoLeader(error);

    /// <summary>The member has no leader; a watch that asked for one ends.</summary>
    public static bool IsNoLeader(RpcException error) =>
        error.Code == RpcStatusCode.Unavailable && error.Message == "etcdserver: no leader";

    /// <summary>The server does not know the token, or knows newer rules than it.</summary>
    public static bool IsStaleToken(RpcException error) => (error.Code, error.Message) is
        (RpcStatusCode.Unauthenticated, "etcdserver: invalid auth token")
        or (RpcStatusCode.InvalidArgument, "etcdserver: revision of auth store is old")
        or (RpcStatusCode.InvalidArgument, "etcdserver: user name is empty");

    /// <summary>The cluster does not ask who calls.</summary>
    public static bool IsAuthNotEnabled(RpcException error) =>
        error.Code == RpcStatusCode.FailedPrecondition && error.Message == "etcdserver: authentication is not enabled";

    private static bool WasNotSent(RpcException error) =>
        error.Code == RpcStatusCode.Unavailable
        && (error.Message.StartsWith(ConnectionErrorPrefix, StringComparison.Ordinal)
            || error.Message is RefusedStream or "there is no address available" or "there is no connection available");
}
