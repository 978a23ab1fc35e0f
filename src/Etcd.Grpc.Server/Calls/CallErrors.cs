using System.Globalization;

namespace Etcd.Grpc.Server.Calls;

/// <summary>The errors that the transport itself answers, in the words of grpc-go where clients match on them.</summary>
internal static class CallErrors
{
    public const string DeadlineText = "context deadline exceeded";
    public const string CanceledText = "context canceled";
    public const int ResetInternalError = 0x2;

    private static readonly string[] StatusTexts =
        [.. Enumerable.Range(0, 17).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    public static string StatusText(RpcStatusCode code) =>
        (uint)code < StatusTexts.Length ? StatusTexts[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    public static RpcException DeadlinePassed() => new(RpcStatusCode.DeadlineExceeded, DeadlineText);

    public static RpcException Canceled() => new(RpcStatusCode.Canceled, CanceledText);

    public static RpcException Unexpected() => new(RpcStatusCode.Unknown, "unexpected failure in the server, see its log");

    public static RpcException NoRequest() => new(RpcStatusCode.Internal, "grpc: the client ended the call without a request");
}
