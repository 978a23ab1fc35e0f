using System.Globalization;

using Etcd.Peer;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_network_*</c> metrics of the connections with other members, with etcd's names, texts, kinds and labels.</summary>
public static class PeerMetrics
{
    /// <summary>Adds the metrics of a member's connections.</summary>
    public static void AddTo(MetricsRegistry metrics, HttpPeerTransport transport)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(transport);
        AddConnections(metrics, transport);
        AddTraffic(metrics, transport);
        AddSnapshots(metrics, transport);
    }

    private static void AddConnections(MetricsRegistry metrics, HttpPeerTransport transport)
    {
        (string, string) local = ("Local", PeerHeaders.FormatId(transport.Self.MemberId));
        metrics.Add("etcd_network_known_peers", "The current number of known peers.", MetricKind.Gauge, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                writer.Sample(1, local, Label("Remote", peer));
            }
        });
        metrics.Add("etcd_network_active_peers", "The current number of active peer connections.", MetricKind.Gauge, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                writer.Sample(peer.IsActive ? 1 : 0, local, Label("Remote", peer));
            }
        });
        metrics.Add("etcd_network_disconnected_peers_total", "The total number of disconnected peers.", MetricKind.Counter, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                writer.Sample(peer.Disconnects, local, Label("Remote", peer));
            }
        });
        metrics.Add(
            "etcd_network_peer_round_trip_time_seconds", "Round-Trip-Time histogram between peers", MetricKind.Histogram, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                WriteDurations(writer, peer.RoundTrips, Label("To", peer));
            }
        });
    }

    private static void WriteDurations(MetricsTextWriter writer, PeerDurations times, (string Name, string Value) whose)
    {
        long atMost = 0;
        for (int bucket = 0; bucket < times.BoundedBuckets; bucket++)
        {
            atMost += times.CountIn(bucket);
            writer.Part("_bucket", atMost, whose, ("le", times.UpperBound(bucket).TotalSeconds.ToString("R", CultureInfo.InvariantCulture)));
        }

        // As with other histograms: the number agrees with the buckets read here.
        long count = atMost + times.CountIn(times.BoundedBuckets);
        writer.Part("_bucket", count, whose, ("le", "+Inf"));
        writer.Part("_sum", times.Sum.TotalSeconds, whose);
        writer.Part("_count", count, whose);
    }

    private static void AddTraffic(MetricsRegistry metrics, HttpPeerTransport transport)
    {
        AddCounter(metrics, transport, "etcd_network_peer_sent_bytes_total", "The total number of bytes sent to peers.", "To", peer => peer.SentBytes);
        AddCounter(
            metrics, transport, "etcd_network_peer_received_bytes_total", "The total number of bytes received from peers.", "From",
            peer => peer.ReceivedBytes);
        AddCounter(
            metrics, transport, "etcd_network_peer_sent_failures_total", "The total number of send failures from peers.", "To",
            peer => peer.SendFailures);
        AddCounter(
            metrics, transport, "etcd_network_peer_received_failures_total", "The total number of receive failures from peers.", "From",
            peer => peer.ReceiveFailures);
    }

    private static void AddSnapshots(MetricsRegistry metrics, HttpPeerTransport transport)
    {
        AddCounter(
            metrics, transport, "etcd_network_snapshot_send_success", "Total number of successful snapshot sends", "To", peer => peer.SnapshotsSent);
        AddCounter(
            metrics, transport, "etcd_network_snapshot_send_failures", "Total number of snapshot send failures", "To",
            peer => peer.SnapshotSendFailures);
        AddCounter(
            metrics, transport, "etcd_network_snapshot_receive_success", "Total number of successful snapshot receives", "From",
            peer => peer.SnapshotsReceived);
        AddCounter(
            metrics, transport, "etcd_network_snapshot_receive_failures", "Total number of snapshot receive failures", "From",
            peer => peer.SnapshotReceiveFailures);
        metrics.Add(
            "etcd_network_snapshot_send_total_duration_seconds", "Total latency distributions of v3 snapshot sends", MetricKind.Histogram, writer =>
        {
            foreach (PeerFigures peer in transport.Figures.Where(peer => peer.SnapshotsSent > 0))
            {
                WriteDurations(writer, peer.SnapshotSends, Label("To", peer));
            }
        });
        metrics.Add(
            "etcd_network_snapshot_receive_total_duration_seconds", "Total latency distributions of v3 snapshot receives", MetricKind.Histogram,
            writer =>
        {
            foreach (PeerFigures peer in transport.Figures.Where(peer => peer.SnapshotsReceived > 0))
            {
                WriteDurations(writer, peer.SnapshotReceptions, Label("From", peer));
            }
        });
        metrics.Add("etcd_network_snapshot_send_inflights_total", "Total number of inflight snapshot sends", MetricKind.Gauge, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                writer.Sample(peer.SnapshotSendsInFlight, Label("To", peer));
            }
        });
        metrics.Add("etcd_network_snapshot_receive_inflights_total", "Total number of inflight snapshot receives", MetricKind.Gauge, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                writer.Sample(peer.SnapshotReceivesInFlight, Label("From", peer));
            }
        });
    }

    private static void AddCounter(
        MetricsRegistry metrics, HttpPeerTransport transport, string name, string help, string label, Func<PeerFigures, long> read) =>
        metrics.Add(name, help, MetricKind.Counter, writer =>
        {
            foreach (PeerFigures peer in transport.Figures)
            {
                writer.Sample(read(peer), Label(label, peer));
            }
        });

    private static (string Name, string Value) Label(string name, PeerFigures peer) => (name, PeerHeaders.FormatId(peer.MemberId));
}
