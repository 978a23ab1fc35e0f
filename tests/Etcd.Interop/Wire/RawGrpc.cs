using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Wire;

/// <summary>Sends gRPC requests whose bytes a proper client would never send.</summary>
internal static class RawGrpc
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler());

    /// <summary>A gRPC frame: compressed flag, length, message.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0, uint? length = null)
    {
        byte[] frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), length ?? (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static async Task<RawGrpcReply> PostAsync(
        EtcdServer server, string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(
            headers.Where(header => header.Name == "content-type").Select(header => header.Value).FirstOrDefault("application/grpc"));
        request.Headers.TE.ParseAdd("trailers");
        foreach ((string name, string value) in headers.Where(header => header.Name != "content-type"))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using HttpResponseMessage response = await Client.SendAsync(request);
            await response.Content.ReadAsByteArrayAsync();
            string? status = First(response.Headers, "grpc-status") ?? First(response.TrailingHeaders, "grpc-status");
            string message = First(response.Headers, "grpc-message") ?? First(response.TrailingHeaders, "grpc-message") ?? "";
            return new RawGrpcReply((int)response.StatusCode, status is null ? null : int.Parse(status, System.Globalization.CultureInfo.InvariantCulture),
                Uri.UnescapeDataString(message));
        }
        catch (HttpRequestException failure)
        {
            return new RawGrpcReply(0, null, failure.Message);
        }
    }

    private static string? First(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
}
