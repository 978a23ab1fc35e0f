namespace Etcd.Peer.Http;

/// <summary>Requests in the name of this member: what every <c>/raft</c> request has in its head.</summary>
internal sealed class PeerRequests
{
    private readonly string _from;
    private readonly string _clusterId;
    private readonly string _peerUrls;
    private readonly HttpPeerOptions _options;

    public PeerRequests(PeerIdentity self, HttpPeerOptions options, PeerHttp http)
    {
        Self = self;
        Http = http;
        _options = options;
        _from = PeerHeaders.FormatId(self.MemberId);
        _clusterId = PeerHeaders.FormatId(self.ClusterId);
        _peerUrls = string.Join(',', self.PeerUrls);
    }

    /// <summary>This member.</summary>
    public PeerIdentity Self { get; }

    /// <summary>The connections.</summary>
    public PeerHttp Http { get; }

    /// <summary>Makes a request.</summary>
    public HttpRequestMessage Create(HttpMethod method, string peerUrl, string path)
    {
        HttpRequestMessage request = PeerHttp.Request(method, peerUrl, path);
        request.Headers.TryAddWithoutValidation(PeerHeaders.From, _from);
        request.Headers.TryAddWithoutValidation(PeerHeaders.Version, _options.ServerVersion);
        request.Headers.TryAddWithoutValidation(PeerHeaders.ClusterVersionMin, _options.ClusterVersionMin);
        request.Headers.TryAddWithoutValidation(PeerHeaders.ClusterId, _clusterId);
        request.Headers.TryAddWithoutValidation(PeerHeaders.PeerUrls, _peerUrls);
        return request;
    }
}
