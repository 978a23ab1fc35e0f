using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.V2;

/// <summary>Speaks the v2 API over HTTP with any member that answers.</summary>
internal sealed class V2Client : IDisposable
{
    private static readonly Dictionary<string, string> NoQuery = [];

    private readonly HttpClient _http;
    private readonly Terminal _terminal;
    private readonly bool _isDebugging;
    private readonly TimeSpan _perRequest;
    private readonly CancellationTokenSource _total;
    private string? _lastToAnswer;

    private V2Client(V2Arguments global, Terminal terminal)
    {
        _terminal = terminal;
        _isDebugging = global.IsOn("debug");
        _perRequest = global.Duration("timeout");
        _total = new CancellationTokenSource(global.Duration("total-timeout"));
        Endpoints = [.. (DiscoveredBy(global, terminal) ?? EndpointsOf(global)).Select(Normalise)];
        _http = new HttpClient(Handler(global)) { Timeout = Timeout.InfiniteTimeSpan };
        if (CredentialsOf(global, terminal) is { } credentials)
        {
            _http.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }
    }

    /// <summary>Where members are reached.</summary>
    public IReadOnlyList<string> Endpoints { get; private set; }

    /// <summary>Makes a client and asks the cluster for its members.</summary>
    /// <exception cref="CommandFailedException">No member answers.</exception>
    public static async Task<V2Client> ConnectAsync(V2Arguments global, Terminal terminal)
    {
        var client = new V2Client(global, terminal);
        if (!global.IsOn("no-sync"))
        {
            client.Debug($"start to sync cluster using endpoints({string.Join(',', client.Endpoints)})");
            string[] urls = [.. (await client.MembersAsync(V2ExitCode.BadConnection).ConfigureAwait(false)).SelectMany(member => member.ClientUrls)];
            client.Endpoints = urls.Length > 0 ? urls : client.Endpoints;
            client.Debug($"got endpoints({string.Join(',', client.Endpoints)}) after sync");
        }

        client.Debug($"Cluster-Endpoints: {string.Join(", ", client.Endpoints)}");
        return client;
    }

    /// <summary>A client of the given endpoints alone.</summary>
    public static V2Client Unsynchronised(V2Arguments global, Terminal terminal) => new(global, terminal);

    /// <summary>Speaks with one member only from now on.</summary>
    public void UseOnly(string endpoint) => Endpoints = [Normalise(endpoint)];

    /// <summary>The members.</summary>
    public async Task<IReadOnlyList<V2Member>> MembersAsync(int failureCode)
    {
        using V2Answer answer = await SendAsync("GET", "/v2/members", NoQuery, null, failureCode, _total.Token).ConfigureAwait(false);
        answer.MustBeOk();
        return [.. answer.Json.GetProperty("members").EnumerateArray().Select(V2Member.Read)];
    }

    /// <summary>Sends a request about keys.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="key">The key.</param>
    /// <param name="query">Parameters in the URL.</param>
    /// <param name="form">Parameters in the body; <see langword="null"/> for no body.</param>
    /// <exception cref="CommandFailedException">The server refused, or no member answers.</exception>
    public async Task<V2Reply> KeysAsync(
        string method,
        string key,
        IReadOnlyDictionary<string, string> query,
        IReadOnlyDictionary<string, string>? form = null)
    {
        using V2Answer answer = await SendAsync(
            method, "/v2/keys" + PathOf(key), query, form, V2ExitCode.ServerError, _total.Token).ConfigureAwait(false);
        return answer.ToReply();
    }

    /// <summary>Waits for an event, as long as it takes.</summary>
    /// <param name="key">The key.</param>
    /// <param name="query">Parameters in the URL.</param>
    /// <returns>What the member answered; empty when it ended the wait, or its connection did, without an event.</returns>
    /// <exception cref="CommandFailedException">No member answers.</exception>
    public Task<V2Answer> WatchAsync(string key, IReadOnlyDictionary<string, string> query) => SendAsync(
        "GET", "/v2/keys" + PathOf(key), query, null, V2ExitCode.ServerError, CancellationToken.None, isWatch: true);

    /// <summary>Sends a request to any member. What would be answered otherwise the second time is sent again only if it certainly was not sent before.</summary>
    /// <exception cref="CommandFailedException">None answers, or nobody knows whether the one that was asked has carried it out.</exception>
    public async Task<V2Answer> SendAsync(
        string method,
        string path,
        IReadOnlyDictionary<string, string> query,
        IReadOnlyDictionary<string, string>? form,
        int failureCode,
        CancellationToken limit,
        string? json = null,
        bool isWatch = false)
    {
        string? body = json ?? (form is null ? null : Encode(form));
        bool mayRepeat = MayRepeat(method, query, isOfKeys: json is null && path.StartsWith("/v2/keys", StringComparison.Ordinal));
        var failures = new List<string>();

        // Who answered last most likely answers now: what may be sent only once should not meet a dead member first.
        foreach (string endpoint in Endpoints.OrderBy(endpoint => endpoint == _lastToAnswer ? 0 : 1))
        {
            string url = endpoint + path + (query.Count > 0 ? "?" + Encode(query) : "");
            using var request = new HttpRequestMessage(new HttpMethod(method), url);
            if (body is not null)
            {
                request.Content = new StringContent(body, Encoding.UTF8);
                request.Content.Headers.ContentType =
                    new MediaTypeHeaderValue(json is null ? "application/x-www-form-urlencoded" : "application/json");
            }
            else if (!mayRepeat)
            {
                // On a connection that ends under it the framework repeats by itself what has no content, and never what has.
                request.Content = new ByteArrayContent([]);
            }

            Debug($"cURL Command: curl -X {method} {url}{(body is null ? "" : " -d " + GoText.Quote(body))}");
            bool wasSent;
            try
            {
                V2Answer answer = await ExchangeAsync(request, isWatch, limit).ConfigureAwait(false);
                if ((int)answer.Status < 500)
                {
                    _lastToAnswer = endpoint;
                    return answer;
                }

                failures.Add($"client: etcd member {endpoint} {(answer.Status is HttpStatusCode.InternalServerError or HttpStatusCode.ServiceUnavailable ? "has no leader" : $"returns server error [{(int)answer.Status}]")}");
                answer.Dispose();
                wasSent = true;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
            {
                failures.Add(Describe(failure, endpoint));
                wasSent = !IsOfConnecting(failure);
            }

            if (wasSent && !mayRepeat)
            {
                throw V2Context.Failed(failureCode, failures[^1]);
            }
        }

        throw Unavailable(failures, failureCode);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _http.Dispose();
        _total.Dispose();
    }

    /// <summary>The limit of the whole command.</summary>
    public CancellationToken TotalLimit => _total.Token;

    private async Task<V2Answer> ExchangeAsync(HttpRequestMessage request, bool isWatch, CancellationToken limit)
    {
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(limit);
        connecting.CancelAfter(_perRequest);
        using HttpResponseMessage response =
            await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, connecting.Token).ConfigureAwait(false);
        string index = response.Headers.TryGetValues("X-Etcd-Index", out IEnumerable<string>? values) ? values.First() : "0";
        byte[] body;
        try
        {
            body = await response.Content.ReadAsByteArrayAsync(limit).ConfigureAwait(false);
        }
        catch (Exception failure) when (isWatch && failure is HttpRequestException or IOException)
        {
            // The head has told since when the member has been watching: that is where to go on, at this or another one.
            body = [];
        }

        return new V2Answer(response.StatusCode, index, body);
    }

    // A write without a condition makes the same of the key the second time. One with a condition, a new key, a deletion, a change of members or of users
    // that was carried out is refused then, and its caller would take it for failed.
    private static bool MayRepeat(string method, IReadOnlyDictionary<string, string> query, bool isOfKeys)
    {
        string prevExist = query.GetValueOrDefault("prevExist", "");
        bool hasCondition = query.ContainsKey("prevValue") || query.ContainsKey("prevIndex") || prevExist == "false";
        bool isNewDirectory = query.ContainsKey("dir") && prevExist != "true";
        return method == "GET" || (method == "PUT" && isOfKeys && !hasCondition && !isNewDirectory);
    }

    private static bool IsOfConnecting(Exception failure) => failure is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    private void Debug(string line)
    {
        if (_isDebugging)
        {
            _terminal.Error.WriteLine(line);
        }
    }

    private static CommandFailedException Unavailable(List<string> failures, int code)
    {
        var text = new StringBuilder("Error:  client: etcd cluster is unavailable or misconfigured");
        var detail = new StringBuilder();
        for (int i = 0; i < failures.Count; i++)
        {
            text.Append("; error #").Append(i).Append(": ").Append(failures[i]).Append('\n');
            detail.Append("error #").Append(i).Append(": ").Append(failures[i]).Append('\n');
        }

        return new CommandFailedException((ExitCode)code, $"{text}\n{detail}");
    }

    private static string Describe(Exception failure, string endpoint)
    {
        if (failure is OperationCanceledException)
        {
            return $"client: endpoint {endpoint} exceeded header timeout";
        }

        string address = Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? url) ? url.Authority : endpoint;
        return failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
            ? $"dial tcp {address}: connect: connection refused"
            : failure.Message;
    }

    // Without any that may be used, those given are taken, as in etcd.
    private static IReadOnlyList<string>? DiscoveredBy(V2Arguments global, Terminal terminal)
    {
        string domain = global.Text("discovery-srv");
        return domain.Length == 0
            ? null
            : SrvDiscovery.Find(domain, serviceName: "", global.IsOn("insecure-discovery"), terminal, complaint: "");
    }

    private static string[] EndpointsOf(V2Arguments global)
    {
        string name = global.Has("endpoints") ? "endpoints" : global.Has("endpoint") ? "endpoint" : global.Has("peers") ? "peers" : "endpoints";
        return global.Text(name).Split(',');
    }

    // Endpoints of the v3 API have no scheme; for this one they mean plain HTTP.
    private static string Normalise(string endpoint) =>
        (endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : "http://" + endpoint).TrimEnd('/');

    private static string PathOf(string key)
    {
        string path = "/" + string.Join('/', key.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.EscapeDataString));
        return path.Length > 1 && key.EndsWith('/') ? path + "/" : path;
    }

    private static string Encode(IReadOnlyDictionary<string, string> parameters) => string.Join('&', parameters
        .OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
        .Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value).Replace("%20", "+", StringComparison.Ordinal)}"));

    private static string? CredentialsOf(V2Arguments global, Terminal terminal)
    {
        string user = global.Text("username");
        if (user.Length == 0 || user.Contains(':', StringComparison.Ordinal))
        {
            return user.Length == 0 ? null : user;
        }

        return $"{user}:{PasswordPrompt.Ask(terminal, "Password: ")}";
    }

    private static SocketsHttpHandler Handler(V2Arguments global)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = global.Duration("timeout") };
        string certificate = global.Text("cert-file");
        string authority = global.Text("ca-file");
        try
        {
            if (certificate.Length > 0)
            {
                handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, global.Text("key-file"))];
            }

            if (authority.Length > 0)
            {
                var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                policy.CustomTrustStore.ImportFromPemFile(authority);
                handler.SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = handler.SslOptions.ClientCertificates,
                    CertificateChainPolicy = policy,
                };
            }

            return handler;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            handler.Dispose();
            throw V2Context.Failed(V2ExitCode.BadArguments, failure.Message);
        }
    }
}
