using System.Globalization;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport;

/// <summary>A block of headers or trailers from the server, with the protocol's own ones sorted out.</summary>
internal sealed class RpcHeaderBlock
{
    /// <summary>HTTP status; 0 in trailers.</summary>
    public int HttpStatus { get; set; }

    public string? ContentType { get; private set; }

    public string? Encoding { get; private set; }

    /// <summary>The status of the call, once the block carries it.</summary>
    public RpcStatusCode? Status { get; private set; }

    public string Message { get; private set; } = string.Empty;

    /// <summary>What the application sent; <see langword="null"/> when nothing.</summary>
    public RpcMetadata? Metadata { get; private set; }

    /// <summary>Takes a status of one digit; anything but a digit is an unknown status.</summary>
    public void SetStatus(int digit) => Status = digit is >= 0 and <= 9 ? (RpcStatusCode)digit : RpcStatusCode.Unknown;

    /// <summary>Takes the usual content type.</summary>
    public void SetPlainContentType() => ContentType = RpcHeaderNames.ContentTypeValue;

    /// <summary>Takes one header.</summary>
    /// <param name="name">Lower-case name.</param>
    /// <param name="value">Value as on the wire.</param>
    public void Add(string name, string value)
    {
        switch (name)
        {
            case RpcHeaderNames.Status:
                // A number that is no code of gRPC, or no number, is itself an unknown status.
                Status = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int code)
                    ? (RpcStatusCode)code
                    : RpcStatusCode.Unknown;
                break;
            case RpcHeaderNames.Message:
                Message = RpcStatusText.Decode(value);
                break;
            case RpcHeaderNames.ContentType:
                ContentType = value;
                break;
            case RpcHeaderNames.Encoding:
                Encoding = value;
                break;
            case ":status":
                HttpStatus = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int status) ? status : 0;
                break;
            case "date" or "content-length" or RpcHeaderNames.AcceptEncoding:
                break;
            default:
                (Metadata ??= new RpcMetadata()).AddReceived(name, value);
                break;
        }
    }
}
