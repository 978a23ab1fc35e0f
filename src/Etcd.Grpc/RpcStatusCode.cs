namespace Etcd.Grpc;

/// <summary>Status codes of gRPC, with the numbers of the wire.</summary>
/// <remarks>The names are those that metrics and Go clients print. Source: gRPC "Status codes and their use".</remarks>
public enum RpcStatusCode
{
    /// <summary>The call succeeded.</summary>
    OK = 0,

    /// <summary>The call was cancelled, usually by its caller.</summary>
    Canceled = 1,

    /// <summary>A failure that no other code describes.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call completed.</summary>
    DeadlineExceeded = 4,

    /// <summary>Something that was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>Something that was to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit is reached: a quota, a rate, or the size of a message.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of the server forbids the call until something else changes.</summary>
    FailedPrecondition = 9,

    /// <summary>A conflict ended the call; a retry at a higher level may succeed.</summary>
    Aborted = 10,

    /// <summary>A position beyond the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The server does not know the service or the method.</summary>
    Unimplemented = 12,

    /// <summary>An invariant of the server or of the transport is broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or cannot serve now; the call may be retried.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt beyond repair.</summary>
    DataLoss = 15,

    /// <summary>The caller gave no valid credentials.</summary>
    Unauthenticated = 16,
}
