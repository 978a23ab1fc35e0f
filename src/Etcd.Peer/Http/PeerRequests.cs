using System.Globalization;
using System.Text;

namespace Etcd.Peer.Http;

/// <summary>Requests in the name of this member: what every <c>/raft</c> request has in its head.</summary>
internal sealed class PeerRequests
{
    private readonly (string Name, string Value)[] _headers;

    public PeerRequests(PeerIdentity self, HttpPeerOptions options, PeerHttp http)
    {
        Self = self;
        Http = http;
        _headers =
        [
            (PeerHeaders.From, PeerHeaders.FormatId(self.MemberId)),
            (PeerHeaders.Version, options.ServerVersion),
            (PeerHeaders.ClusterVersionMin, options.ClusterVersionMin),
            (PeerHeaders.ClusterId, PeerHeaders.FormatId(self.ClusterId)),
            (PeerHeaders.PeerUrls, string.Join(',', self.PeerUrls)),
        ];
    }

    /// <summary>This member.</summary>
    public PeerIdentity Self { get; }

    /// <summary>The connections.</summary>
    public PeerHttp Http { get; }

    /// <summary>Makes a request.</summary>
    public HttpRequestMessage Create(HttpMethod method, string peerUrl, string path)
    {
        HttpRequestMessage request = PeerHttp.Request(method, peerUrl, path);
        foreach ((string name, string value) in _headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>The bytes of a request without a body.</summary>
    public byte[] CreateGet(Uri peerUrl, string path, string to)
    {
        var head = new StringBuilder($"GET {path} HTTP/1.1\r\nHost: {PeerUrl.AuthorityOf(peerUrl)}\r\n{PeerHeaders.To}: {to}\r\n");
        foreach ((string name, string value) in _headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }
}
