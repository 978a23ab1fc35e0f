using Etcd.Protocol.Errors;

namespace Etcd.Simulation.Clients;

/// <summary>What became of a request, as its client sees it.</summary>
/// <param name="IsKnown">Whether the client knows: not after a time-out or a broken connection.</param>
/// <param name="Value">The reply, when there is one.</param>
/// <param name="Error">The server's refusal, when there is one.</param>
internal readonly record struct ClientReply<T>(bool IsKnown, T? Value, EtcdErrorCode? Error)
    where T : class
{
    public static ClientReply<T> Unknown => default;

    /// <summary>The request never reached a member.</summary>
    public static ClientReply<T> NotConnected => new(true, null, null);

    public static ClientReply<T> Of(T value) => new(true, value, null);

    public static ClientReply<T> Refused(EtcdErrorCode error) => new(true, null, error);

    /// <summary>Whether the request is known to have changed nothing.</summary>
    public bool IsWithoutEffect => IsKnown && Value is null
        && Error is null or EtcdErrorCode.Compacted or EtcdErrorCode.FutureRevision or EtcdErrorCode.LeaseNotFound or EtcdErrorCode.NoSpace;
}
