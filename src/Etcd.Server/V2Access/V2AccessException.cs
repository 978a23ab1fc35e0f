namespace Etcd.Server.V2Access;

/// <summary>A refusal of the v2 API's users and roles, in etcd's words.</summary>
public sealed class V2AccessException : Exception
{
    private V2AccessException(int httpStatus, string message)
        : base("auth: " + message) => HttpStatus = httpStatus;

    /// <summary>HTTP status of the answer.</summary>
    public int HttpStatus { get; }

    internal static V2AccessException Invalid(string message) => new(400, message);

    internal static V2AccessException Forbidden(string message) => new(403, message);

    internal static V2AccessException NotFound(string message) => new(404, message);

    internal static V2AccessException Conflict(string message) => new(409, message);

    internal static V2AccessException Failed(string message) => new(500, message);
}
