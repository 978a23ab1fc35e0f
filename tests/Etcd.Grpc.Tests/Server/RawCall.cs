using System.Net;
using System.Net.Http.Headers;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Sends bytes of the test's choice as an HTTP/2 request and shows what comes back.</summary>
internal sealed class RawCall : IDisposable
{
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false });

    public async Task<RawReply> SendAsync(
        IPEndPoint server, string path, byte[] body, HttpMethod? method = null, Version? version = null, params string[] headers)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, $"http://{server}{path}")
        {
            Version = version ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        foreach (string header in headers)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            if (header.StartsWith("content-type", StringComparison.Ordinal))
            {
                request.Content.Headers.Remove("content-type");
                request.Content.Headers.TryAddWithoutValidation("content-type", header[(colon + 1)..]);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..]);
            }
        }

        using HttpResponseMessage response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        byte[] reply = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return new RawReply(
            (int)response.StatusCode,
            First(response, "grpc-status"),
            First(response, "grpc-message"),
            response.Content.Headers.ContentType?.ToString(),
            First(response, "grpc-encoding"),
            reply);
    }

    public void Dispose() => _client.Dispose();

    private static string? First(HttpResponseMessage response, string name)
    {
        foreach (HttpResponseHeaders headers in new[] { response.Headers, response.TrailingHeaders })
        {
            if (headers.TryGetValues(name, out IEnumerable<string>? values))
            {
                return values.First();
            }
        }

        return null;
    }
}

internal sealed record RawReply(int Http, string? Status, string? Message, string? ContentType, string? Encoding, byte[] Body);
