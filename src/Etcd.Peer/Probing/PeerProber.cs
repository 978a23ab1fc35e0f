using System.Globalization;
using System.Net;
using System.Text.Json;

using Etcd.Peer.Http;
using Etcd.Peer.Links;

namespace Etcd.Peer.Probing;

/// <summary>Asks a member every few seconds whether it is there: how long an answer takes, and how far its clock is from ours.</summary>
/// <param name="peer">The member.</param>
/// <param name="name">Which kind of connection is tried, in etcd's words.</param>
/// <param name="http">Connections of that kind.</param>
internal sealed class PeerProber(PeerContext peer, string name, HttpMessageInvoker http)
{
    // Newer measurements count one eighth, as in TCP.
    private const double RoundTripWeight = 1.0 / 8;

    private static readonly TimeSpan ClockDriftMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(30);

    // Rotated on its own: that the prober cannot reach a URL says little about the streams.
    private readonly PeerUrls _urls = new(peer.Urls.All);
    private long _smoothedTicks;
    private long _clockDifferenceTicks;
    private bool _hasLogged;
    private long _lastLogged;

    /// <summary>Smoothed round-trip time; zero before the first answer.</summary>
    public TimeSpan RoundTrip => new(Interlocked.Read(ref _smoothedTicks));

    /// <summary>By how much our clock is ahead of the member's.</summary>
    public TimeSpan ClockDifference => new(Interlocked.Read(ref _clockDifferenceTicks));

    /// <summary>Takes other URLs.</summary>
    public void UpdateUrls(IReadOnlyList<string> urls) => _urls.Replace(urls);

    /// <summary>Probes until the member stops or the peer is removed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var interval = new PeriodicTimer(peer.Options.ProbeInterval, peer.Time);
        try
        {
            while (await interval.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                await ProbeAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end asked for.
        }
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        string url = _urls.Current;
        try
        {
            using var timeout = new CancellationTokenSource(peer.Options.IdleTimeout, peer.Time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            using HttpRequestMessage request = PeerHttp.Request(HttpMethod.Get, url, "/raft/probing");
            long began = peer.Time.GetTimestamp();
            using HttpResponseMessage answer = await http.SendAsync(request, linked.Token).ConfigureAwait(false);
            byte[] body = await PeerAnswerBody.ReadAsync(answer, linked.Token).ConfigureAwait(false);
            Take(answer, body, peer.Time.GetElapsedTime(began));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            _urls.MoveOn(url);
            if (MayLog())
            {
                peer.Log.Unhealthy(name, peer.PeerName, Seconds(RoundTrip), failure.Message);
            }
        }
    }

    private void Take(HttpResponseMessage answer, byte[] body, TimeSpan roundTrip)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"unexpected http status {(int)answer.StatusCode} of a probe");
        }

        using var health = JsonDocument.Parse(body);
        if (!health.RootElement.GetProperty("OK").GetBoolean())
        {
            throw new HttpRequestException("the member says that it is not well");
        }

        TimeSpan smoothed = RoundTrip == TimeSpan.Zero ? roundTrip : RoundTrip + ((roundTrip - RoundTrip) * RoundTripWeight);
        Interlocked.Exchange(ref _smoothedTicks, smoothed.Ticks);
        DateTimeOffset theirs = health.RootElement.GetProperty("Now").GetDateTimeOffset();
        TimeSpan difference = peer.Time.GetUtcNow() - theirs - (smoothed / 2);
        Interlocked.Exchange(ref _clockDifferenceTicks, difference.Ticks);
        peer.Traffic.RoundTrips.Record(roundTrip);
        if (difference.Duration() > ClockDriftMax && MayLog())
        {
            peer.Log.ClockDrift(name, peer.PeerName, Seconds(difference), Seconds(smoothed));
        }
    }

    private bool MayLog()
    {
        if (_hasLogged && peer.Time.GetElapsedTime(_lastLogged) < LogInterval)
        {
            return false;
        }

        _hasLogged = true;
        _lastLogged = peer.Time.GetTimestamp();
        return true;
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000000s", CultureInfo.InvariantCulture);
}
