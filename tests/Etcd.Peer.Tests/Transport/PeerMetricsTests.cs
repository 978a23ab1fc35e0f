using System.Buffers;
using System.Text;

using Etcd.Api.Metrics;

namespace Etcd.Peer.Tests.Transport;

/// <summary>What monitoring reads about the connections with other members; names and labels are etcd's.</summary>
public class PeerMetricsTests
{
    [Fact(Timeout = 30_000)]
    public async Task Metrics_MembersThatReachEachOther_AreShownByMember()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync(options => options with { ProbeInterval = TimeSpan.FromMilliseconds(50) });
        await using (one)
        await using (two)
        {
            one.Send(one.Heartbeat(2));
            await two.Receiver.Messages.ReadAsync(TestContext.Current.CancellationToken);
            await one.UntilAsync(member => member.Transport.Figures[0].RoundTrip > TimeSpan.Zero);
            var metrics = new MetricsRegistry();
            PeerMetrics.AddTo(metrics, one.Transport);

            string text = TextOf(metrics);

            Assert.Contains("\netcd_network_active_peers{Local=\"1\",Remote=\"2\"} 1\n", text, StringComparison.Ordinal);
            Assert.Contains("\netcd_network_peer_sent_failures_total{To=\"2\"} 0\n", text, StringComparison.Ordinal);
            Assert.Matches("\netcd_network_peer_sent_bytes_total\\{To=\"2\"\\} [1-9]", text);
            Assert.Matches("\netcd_network_peer_round_trip_time_seconds_bucket\\{To=\"2\",le=\"0.0001\"\\} [0-9]", text);
            Assert.Matches("\netcd_network_peer_round_trip_time_seconds_bucket\\{To=\"2\",le=\"3.2768\"\\} [0-9]", text);
            Assert.Matches("\netcd_network_peer_round_trip_time_seconds_count\\{To=\"2\"\\} [1-9]", text);
        }
    }

    private static string TextOf(MetricsRegistry metrics)
    {
        var text = new ArrayBufferWriter<byte>();
        metrics.WriteTo(text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
