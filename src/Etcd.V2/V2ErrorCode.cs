namespace Etcd.V2;

/// <summary>What the v2 API can answer instead of a result. The numbers are part of the API: clients compare them.</summary>
public enum V2ErrorCode
{
    /// <summary>There is nothing at the path.</summary>
    KeyNotFound = 100,

    /// <summary>The value or index that was asked for is another.</summary>
    CompareFailed = 101,

    /// <summary>The path is a directory where a file is needed.</summary>
    NotFile = 102,

    /// <summary>The path leads through a file.</summary>
    NotDirectory = 104,

    /// <summary>Something is at the path already.</summary>
    NodeExists = 105,

    /// <summary>The root of a name space cannot be changed.</summary>
    RootReadOnly = 107,

    /// <summary>The directory has children and the request is not recursive.</summary>
    DirectoryNotEmpty = 108,

    /// <summary>The request needs a user who may do this.</summary>
    Unauthorized = 110,

    /// <summary>An empty <c>prevValue</c> was given.</summary>
    PrevValueRequired = 201,

    /// <summary><c>ttl</c> is no unsigned number.</summary>
    TtlNotANumber = 202,

    /// <summary><c>prevIndex</c> or <c>waitIndex</c> is no unsigned number.</summary>
    IndexNotANumber = 203,

    /// <summary>Another parameter has a value that it cannot have.</summary>
    InvalidField = 209,

    /// <summary>The form itself cannot be read.</summary>
    InvalidForm = 210,

    /// <summary>A refresh came with a value.</summary>
    RefreshValue = 211,

    /// <summary>A refresh came without a TTL.</summary>
    RefreshTtlRequired = 212,

    /// <summary>The request could not be carried out: no leader, no quorum in time, too many requests.</summary>
    RaftInternal = 300,

    /// <summary>The history that a watch asks for is no longer kept.</summary>
    EventIndexCleared = 401,
}
