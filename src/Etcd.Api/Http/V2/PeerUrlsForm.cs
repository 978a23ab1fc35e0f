using System.Text.Json;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2;

/// <summary>The body of a request that adds or changes a member: <c>{"peerURLs":[...]}</c>.</summary>
/// <param name="PeerUrls">The URLs.</param>
/// <param name="Status">HTTP status of the refusal.</param>
/// <param name="Error">Why the body is refused; <see langword="null"/> for a good one. The texts are etcd's.</param>
internal sealed record PeerUrlsForm(IReadOnlyList<string> PeerUrls, int Status, string? Error)
{
    private const int BodyBytesMax = 1 << 20;

    internal static async ValueTask<PeerUrlsForm> ReadAsync(HttpContext context)
    {
        string type = (context.Request.ContentType ?? string.Empty).Split(';')[0];
        if (type != "application/json")
        {
            return new PeerUrlsForm(
                [], StatusCodes.Status415UnsupportedMediaType, $"Bad Content-Type {type}, accept application/json");
        }

        if (await RequestBody.ReadAsync(context, BodyBytesMax).ConfigureAwait(false) is not { } bytes)
        {
            return new PeerUrlsForm([], StatusCodes.Status413PayloadTooLarge, "request body too large");
        }

        try
        {
            using var body = JsonDocument.Parse(bytes);
            string[] urls = body.RootElement.TryGetProperty("peerURLs"u8, out JsonElement list)
                ? [.. list.EnumerateArray().Select(url => (url.GetString() ?? string.Empty).Trim())]
                : [];
            string? error = urls.Length == 0 ? "no valid URLs given" : urls.Select(Check).FirstOrDefault(message => message is not null);
            return new PeerUrlsForm([.. urls.Order(StringComparer.Ordinal)], StatusCodes.Status400BadRequest, error);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return new PeerUrlsForm([], StatusCodes.Status400BadRequest, Describe(bytes, failure));
        }
    }

    private static string? Check(string url)
    {
        int colon = url.IndexOf("://", StringComparison.Ordinal);
        string scheme = colon < 0 ? string.Empty : url[..colon];
        if (scheme is "unix" or "unixs")
        {
            return null;
        }

        if (scheme is not ("http" or "https"))
        {
            return $"URL scheme must be http, https, unix, or unixs: {url}";
        }

        string authority = url[(colon + 3)..];
        int slash = authority.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? authority : authority[..slash];
        return host.LastIndexOf(':') <= host.LastIndexOf(']')
            ? $"URL address does not have the form \"host:port\": {url}"
            : slash < 0 ? null : $"URL must not contain a path: {url}";
    }

    // A body that just ends is by far the most usual mistake; it has Go's words, others have those of the library here.
    private static string Describe(byte[] body, Exception failure)
    {
        try
        {
            var reader = new Utf8JsonReader(body, isFinalBlock: false, default);
            while (reader.Read())
            {
            }

            return failure is JsonException ? "unexpected end of JSON input" : failure.Message;
        }
        catch (JsonException)
        {
            return failure.Message;
        }
    }
}
