using Etcd.Protocol.Replication;

namespace Etcd.Server.V2Api;

/// <summary>Requests of the v2 API as log entries carry them: bare messages, in which etcd's encoder writes nearly every field, zero or not.</summary>
public static class V2Requests
{
    /// <summary>Writes a node.</summary>
    public const string Put = "PUT";

    /// <summary>Makes a node named after the index.</summary>
    public const string Post = "POST";

    /// <summary>Deletes a node.</summary>
    public const string Delete = "DELETE";

    /// <summary>Reads a node, in the order of the log.</summary>
    public const string QuorumGet = "QGET";

    /// <summary>Tells all members the time, up to which nodes expire.</summary>
    public const string Sync = "SYNC";

    /// <summary>A request with every field set that real etcd writes.</summary>
    public static Request Create(string method, string path) => new()
    {
        ID = 0,
        Method = method,
        Path = path,
        Val = string.Empty,
        Dir = false,
        PrevValue = string.Empty,
        PrevIndex = 0,
        Expiration = 0,
        Wait = false,
        Since = 0,
        Recursive = false,
        Sorted = false,
        Quorum = false,
        Time = 0,
        Stream = false,
    };
}
