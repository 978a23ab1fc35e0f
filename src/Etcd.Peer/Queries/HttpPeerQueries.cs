using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

using Etcd.Peer.Http;
using Etcd.Protocol.Leases;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Peer.Queries;

/// <summary>Questions to other members over HTTP.</summary>
internal sealed class HttpPeerQueries(PeerHttp http) : IPeerQueries
{
    private static readonly MediaTypeHeaderValue Protobuf = new("application/protobuf");
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <inheritdoc />
    public async Task<PeerClusterAnswer> GetMembersAsync(string peerUrl, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Get, peerUrl, "/members");
        (HttpResponseMessage answer, byte[] body) = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        string? text = answer.Headers.TryGetValues(PeerHeaders.ClusterId, out IEnumerable<string>? values) ? values.First() : null;
        return PeerHeaders.TryParseId(text, out ulong clusterId)
            ? new PeerClusterAnswer(clusterId, Parse(peerUrl, body, MemberListJson.Read))
            : throw new PeerQueryException((int)answer.StatusCode, $"the member list of {peerUrl} names no cluster");
    }

    /// <inheritdoc />
    public async Task<PeerVersionAnswer> GetVersionAsync(string peerUrl, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Get, peerUrl, "/version");
        (_, byte[] body) = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        return Parse(peerUrl, body, root => new PeerVersionAnswer(
            root.GetProperty("etcdserver").GetString() ?? "", root.GetProperty("etcdcluster").GetString() ?? ""));
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<PeerMemberRecord>> PromoteAsync(
        string peerUrl, ulong memberId, string? authorization, CancellationToken cancellationToken)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/members/promote/{memberId}");
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Post, peerUrl, path);
        if (!string.IsNullOrEmpty(authorization))
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        (_, byte[] body) = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        return Parse(peerUrl, body, MemberListJson.Read);
    }

    /// <inheritdoc />
    public async Task<LeaseKeepAliveResponse> RenewLeaseAsync(
        string peerUrl, LeaseKeepAliveRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        byte[] body = await PostAsync(peerUrl, "/leases", request, cancellationToken).ConfigureAwait(false);
        return Parse(peerUrl, body, LeaseKeepAliveResponse.Parser);
    }

    /// <inheritdoc />
    public async Task<LeaseTimeToLiveResponse> GetLeaseTimeToLiveAsync(
        string peerUrl, LeaseTimeToLiveRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var wrapped = new LeaseInternalRequest { LeaseTimeToLiveRequest = request };
        byte[] body = await PostAsync(peerUrl, "/leases/internal", wrapped, cancellationToken).ConfigureAwait(false);
        return Parse(peerUrl, body, LeaseInternalResponse.Parser).LeaseTimeToLiveResponse
            ?? throw new PeerQueryException(200, $"the answer of {peerUrl} is empty");
    }

    /// <inheritdoc />
    public async Task<PeerHashAnswer> GetHashKvAsync(string peerUrl, long revision, ulong clusterId, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Get, peerUrl, "/members/hashkv");
        request.Headers.TryAddWithoutValidation(PeerHeaders.ClusterId, PeerHeaders.FormatId(clusterId));
        byte[] question = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"revision":{{revision}}}"""));
        request.Content = new ByteArrayContent(question) { Headers = { ContentType = Json } };
        (_, byte[] body) = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        return Parse(peerUrl, body, root => new PeerHashAnswer(
            root.GetProperty("header").TryGetProperty("revision", out JsonElement current) ? current.GetInt64() : 0,
            root.TryGetProperty("hash", out JsonElement hash) ? hash.GetUInt32() : 0,
            root.TryGetProperty("compact_revision", out JsonElement compacted) ? compacted.GetInt64() : 0));
    }

    /// <inheritdoc />
    public async Task<bool> GetDowngradeEnabledAsync(string peerUrl, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Get, peerUrl, "/downgrade/enabled");
        (_, byte[] body) = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(body) switch
        {
            "true" => true,
            "false" => false,
            string other => throw new PeerQueryException(200, $"{peerUrl} answered {other}, which is neither true nor false"),
        };
    }

    private async Task<byte[]> PostAsync(string peerUrl, string path, IMessage message, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Post, peerUrl, path);
        request.Content = new ByteArrayContent(message.ToByteArray()) { Headers = { ContentType = Protobuf } };
        (_, byte[] body) = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        return body;
    }

    // The answer is returned for its head; its body has been read and it holds no connection any more.
    private async Task<(HttpResponseMessage Answer, byte[] Body)> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage answer = await http.Pooled.SendAsync(request, cancellationToken).ConfigureAwait(false);
            byte[] body = await PeerAnswerBody.ReadAsync(answer, cancellationToken).ConfigureAwait(false);
            return answer.StatusCode == HttpStatusCode.OK
                ? (answer, body)
                : throw new PeerQueryException((int)answer.StatusCode, Encoding.UTF8.GetString(body).TrimEnd('\n'));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new PeerQueryException(0, failure.Message, failure);
        }
    }

    private static T Parse<T>(string peerUrl, byte[] body, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return read(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new PeerQueryException(200, $"the answer of {peerUrl} cannot be read: {failure.Message}", failure);
        }
    }

    private static T Parse<T>(string peerUrl, byte[] body, MessageParser<T> parser)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new PeerQueryException(200, $"the answer of {peerUrl} cannot be read: {failure.Message}", failure);
        }
    }
}
