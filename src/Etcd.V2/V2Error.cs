namespace Etcd.V2;

/// <summary>A refusal of the v2 API, with the facts its JSON body carries.</summary>
/// <param name="Code">What went wrong.</param>
/// <param name="Cause">What it is about: mostly a path of the tree, name space included.</param>
/// <param name="Index">Index of the tree when the request was refused; 0 when it never got that far.</param>
public sealed record V2Error(V2ErrorCode Code, string Cause, ulong Index)
{
    /// <summary>The text of the code, as etcd words it.</summary>
    public string Message => Code switch
    {
        V2ErrorCode.KeyNotFound => "Key not found",
        V2ErrorCode.CompareFailed => "Compare failed",
        V2ErrorCode.NotFile => "Not a file",
        V2ErrorCode.NotDirectory => "Not a directory",
        V2ErrorCode.NodeExists => "Key already exists",
        V2ErrorCode.RootReadOnly => "Root is read only",
        V2ErrorCode.DirectoryNotEmpty => "Directory not empty",
        V2ErrorCode.Unauthorized => "The request requires user authentication",
        V2ErrorCode.PrevValueRequired => "PrevValue is Required in POST form",
        V2ErrorCode.TtlNotANumber => "The given TTL in POST form is not a number",
        V2ErrorCode.IndexNotANumber => "The given index in POST form is not a number",
        V2ErrorCode.InvalidField => "Invalid field",
        V2ErrorCode.InvalidForm => "Invalid POST form",
        V2ErrorCode.RefreshValue => "Value provided on refresh",
        V2ErrorCode.RefreshTtlRequired => "A TTL must be provided on refresh",
        V2ErrorCode.RaftInternal => "Raft Internal Error",
        V2ErrorCode.EventIndexCleared => "The event in requested index is outdated and cleared",
        _ => throw new InvalidOperationException($"error code {(int)Code} has no text"),
    };

    /// <summary>HTTP status of the answer.</summary>
    public int HttpStatus => Code switch
    {
        V2ErrorCode.KeyNotFound => 404,
        V2ErrorCode.NotFile or V2ErrorCode.DirectoryNotEmpty => 403,
        V2ErrorCode.CompareFailed or V2ErrorCode.NodeExists => 412,
        V2ErrorCode.Unauthorized => 401,
        V2ErrorCode.RaftInternal => 500,
        _ => 400,
    };
}
