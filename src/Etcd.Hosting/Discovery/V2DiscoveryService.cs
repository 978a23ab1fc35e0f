using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Etcd.Hosting.Discovery;

/// <summary>The discovery protocol of etcd 3.5 (<c>--discovery</c>): keys of the v2 API below a URL that holds the token.</summary>
internal sealed class V2DiscoveryService : IDiscoveryService, IDisposable
{
    private const long AnswerBytesMax = 1 << 20;
    private const int CodeKeyNotFound = 100;
    private const int CodeKeyExists = 105;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly Uri _token;

    /// <param name="url">URL of the token.</param>
    /// <param name="proxy">URL of an HTTP proxy; <see langword="null"/> for that of the environment.</param>
    internal V2DiscoveryService(Uri url, Uri? proxy)
    {
        _token = new Uri(url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/");
        var handler = new SocketsHttpHandler();
        if (proxy is not null)
        {
            handler.Proxy = new WebProxy(proxy);
        }

        // Each request has its own limit.
        _http = new HttpClient(handler) { MaxResponseContentBufferSize = AnswerBytesMax, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <inheritdoc/>
    public string Address => _token.GetLeftPart(UriPartial.Authority);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <inheritdoc/>
    public async Task<string?> ReadSizeAsync(CancellationToken cancellationToken)
    {
        (JsonElement answer, _) = await SendAsync(HttpMethod.Get, "_config/size", null, RequestTimeout, cancellationToken);
        return ErrorCode(answer) switch
        {
            null => Text(Node(answer), "value"),
            CodeKeyNotFound => null,
            _ => throw new IOException(Text(answer, "message")),
        };
    }

    /// <inheritdoc/>
    public async Task<Registrations> ListAsync(CancellationToken cancellationToken)
    {
        (JsonElement answer, long index) = await SendAsync(HttpMethod.Get, "", null, RequestTimeout, cancellationToken);
        if (ErrorCode(answer) is not null)
        {
            throw new IOException(Text(answer, "message"));
        }

        List<(string Id, string Value, long Created)> members = [];
        if (Node(answer).TryGetProperty("nodes", out JsonElement nodes) && nodes.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement node in nodes.EnumerateArray())
            {
                string key = Text(node, "key");
                string id = key[(key.LastIndexOf('/') + 1)..];
                if (id != "_config")
                {
                    members.Add((id, Text(node, "value"), Number(node, "createdIndex")));
                }
            }
        }

        members.Sort((a, b) => a.Created.CompareTo(b.Created));
        return new Registrations([.. members.Select(member => (member.Id, member.Value))], index);
    }

    /// <inheritdoc/>
    public async Task<bool> RegisterAsync(string id, string value, CancellationToken cancellationToken)
    {
        using var content = new FormUrlEncodedContent([new("value", value)]);
        (JsonElement answer, _) = await SendAsync(HttpMethod.Put, $"{id}?prevExist=false", content, RequestTimeout, cancellationToken);
        return ErrorCode(answer) switch
        {
            null => true,
            CodeKeyExists => false,
            _ => throw new IOException(Text(answer, "message")),
        };
    }

    /// <inheritdoc/>
    public async Task WaitAsync(Registrations known, CancellationToken cancellationToken)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"?wait=true&recursive=true&waitIndex={known.Revision + 1}");
        await SendAsync(HttpMethod.Get, query, null, WaitTimeout, cancellationToken);
    }

    private async Task<(JsonElement Answer, long Index)> SendAsync(
        HttpMethod method, string path, HttpContent? content, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        Uri url = path.Length == 0 || path[0] == '?' ? new Uri(_token.OriginalString.TrimEnd('/') + path) : new Uri(_token, path);
        using var request = new HttpRequestMessage(method, url) { Content = content };
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, limit.Token);
            if (response.StatusCode >= HttpStatusCode.InternalServerError)
            {
                throw new IOException($"{method} {url.GetLeftPart(UriPartial.Path)}: {(int)response.StatusCode} {response.ReasonPhrase}");
            }

            byte[] body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            using var document = JsonDocument.Parse(body);
            return (document.RootElement.Clone(), Index(response));
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{method} {url.GetLeftPart(UriPartial.Path)}: no answer within {timeout.TotalSeconds}s", failure);
        }
        catch (HttpRequestException failure)
        {
            throw new IOException(failure.Message, failure);
        }
        catch (JsonException failure)
        {
            throw new FormatException("the answer is not JSON", failure);
        }
    }

    private static long Index(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Etcd-Index", out IEnumerable<string>? values)
        && long.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            ? index
            : 0;

    private static int? ErrorCode(JsonElement answer) =>
        answer.ValueKind != JsonValueKind.Object ? throw new FormatException("the answer is no object")
        : answer.TryGetProperty("errorCode", out JsonElement code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out int number) ? number
        : null;

    private static JsonElement Node(JsonElement answer) =>
        answer.TryGetProperty("node", out JsonElement node) && node.ValueKind == JsonValueKind.Object
            ? node
            : throw new FormatException("the answer has no node");

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"the answer has no {name}");

    private static long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw new FormatException($"the answer has no {name}");
}
