using System.Globalization;

namespace Etcd.Grpc.Server.Calls;

/// <summary>The errors that the transport itself answers, in the words of grpc-go where clients match on them.</summary>
internal static class CallErrors
{
    public const string DeadlineText = "context deadline exceeded";
    public const string CanceledText = "context canceled";
    public const int ResetInternalError = 0x2;

    /// <summary>HTTP/2 error code for a stream that nobody wants any more.</summary>
    public const int ResetCancel = 0x8;

    private static readonly string[] StatusTexts =
        [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    public static string StatusText(RpcStatusCode code) =>
        (uint)code < StatusTexts.Length ? StatusTexts[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    public static string NumberText(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static RpcException DeadlinePassed() => new(RpcStatusCode.DeadlineExceeded, DeadlineText);

    public static RpcException Canceled() => new(RpcStatusCode.Canceled, CanceledText);

    public static RpcException Unexpected() => new(RpcStatusCode.Unknown, "unexpected failure in the server, see its log");

    /// <summary>The body ended before a request, or inside the prefix of one.</summary>
    public static RpcException NoRequest() => new(RpcStatusCode.Unknown, "EOF");

    /// <summary>The body ended inside a request.</summary>
    public static RpcException CutOff() => new(RpcStatusCode.Unknown, "unexpected EOF");

    /// <summary>The call was given up for what it holds of a request that is not whole.</summary>
    public static RpcException NoRoom() => new(RpcStatusCode.ResourceExhausted, "the server has no room for the rest of the request");

    public static RpcException NotPost(string method) =>
        new(RpcStatusCode.Internal, $"Received a HEADERS frame with :method \"{method}\" which should be POST");

    public static RpcException NoRpc(string? contentType) =>
        new(RpcStatusCode.InvalidArgument, $"invalid gRPC request content-type \"{contentType}\"");

    public static RpcException MalformedTimeout(string text)
    {
        string why = text.Length < 2 ? $"timeout string is too short: \"{text}\""
            : text.Length > 9 ? $"timeout string is too long: \"{text}\""
            : !"numSMH".Contains(text[^1], StringComparison.Ordinal) ? $"timeout unit is not recognized: \"{text}\""
            : $"timeout value is no number: \"{text}\"";
        return new RpcException(RpcStatusCode.Internal, $"malformed grpc-timeout: transport: {why}");
    }

    public static RpcException UnknownEncoding(string? encoding) =>
        new(RpcStatusCode.Unimplemented, $"grpc: Decompressor is not installed for grpc-encoding \"{encoding}\"");
}
