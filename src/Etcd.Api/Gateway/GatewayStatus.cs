using System.Globalization;
using System.Text;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc;
using Etcd.Grpc.Server.Local;
using Etcd.Protocol.Errors;

namespace Etcd.Api.Gateway;

/// <summary>What a gRPC status is in HTTP, and how an error is told.</summary>
internal static class GatewayStatus
{
    /// <summary>The HTTP status, as grpc-gateway has them.</summary>
    internal static int HttpOf(RpcStatusCode code) => ErrorCatalogue.HttpStatusOf((int)code);

    /// <summary>An error as the body of a reply: <c>{"code":…,"message":…}</c>.</summary>
    internal static void Write(RpcException error, PooledBytes output)
    {
        output.Add("{\"code\":"u8);
        output.Add(Encoding.ASCII.GetBytes(((int)error.Code).ToString(CultureInfo.InvariantCulture)));
        if (error.Message.Length > 0)
        {
            output.Add(",\"message\":"u8);
            MessageToJson.WriteText(Encoding.UTF8.GetBytes(error.Message), output);
        }

        output.Add((byte)'}');
    }

    /// <summary>An error as the last line of a stream.</summary>
    internal static void WriteLine(RpcException error, PooledBytes output)
    {
        output.Add("{\"error\":"u8);
        Write(error, output);
        output.Add("}\n"u8);
    }
}
