using System.Net.Security;
using System.Net.Sockets;

namespace Etcdctl.Metrics;

/// <summary>Reads the metrics page of members.</summary>
internal sealed class MetricsReader : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly bool _isTls;

    /// <param name="tls">TLS settings of the client; <see langword="null"/> for none.</param>
    public MetricsReader(SslClientAuthenticationOptions? tls)
    {
        _isTls = tls is not null;
        SocketsHttpHandler handler = new() { UseProxy = false };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        _http = new HttpClient(handler) { Timeout = Limit };
    }

    /// <summary>Reads the page of an endpoint.</summary>
    /// <exception cref="MetricsUnavailableException">It cannot be had.</exception>
    public async Task<MetricsText> ReadAsync(string endpoint, CancellationToken cancellationToken)
    {
        long before = DateTimeOffset.UtcNow.UtcTicks;
        try
        {
            using HttpResponseMessage reply = await _http.GetAsync(new Uri(AddressOf(endpoint), "/metrics"), cancellationToken);
            reply.EnsureSuccessStatusCode();
            string text = await reply.Content.ReadAsStringAsync(cancellationToken);
            return new MetricsText(text, reply.Headers.Date, new DateTimeOffset(before, TimeSpan.Zero), DateTimeOffset.UtcNow);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException or UriFormatException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MetricsUnavailableException(failure is OperationCanceledException ? "no answer within 5 s" : failure.Message, failure);
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private Uri AddressOf(string endpoint) =>
        new(endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : (_isTls ? "https://" : "http://") + endpoint);
}
