namespace Etcd.Grpc.Server.Health;

/// <summary>Answers of the health service, with the numbers of the wire.</summary>
public enum RpcServingStatus
{
    /// <summary>Never set.</summary>
    Unknown = 0,

    /// <summary>The service takes calls.</summary>
    Serving = 1,

    /// <summary>The service takes no calls at the moment.</summary>
    NotServing = 2,

    /// <summary>There is no such service; only watchers see it.</summary>
    ServiceUnknown = 3,
}
