using System.Globalization;
using Etcd.Protocol.Rpc;
using Etcdctl.Metrics;

namespace Etcdctl.Diagnosis;

/// <summary>What the members stand on: clocks, certificates, disks.</summary>
internal static class SurroundingsRules
{
    private const double SyncSecondsMax = 0.1;
    private const double SyncPart = 0.99;

    private static readonly TimeSpan ClockDifferenceMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CertificateWarning = TimeSpan.FromDays(30);

    public static IEnumerable<Finding> Check(ClusterView view) => [.. Clocks(view), .. Certificates(view), .. Disks(view)];

    private static IEnumerable<Finding> Clocks(ClusterView view)
    {
        (string Member, TimeSpan Ahead)[] clocks =
        [
            .. view.Answers
                .Where(answer => answer.Endpoint.Metrics is not null)
                .Select(answer => (view.NameOf(answer.Status.Header.MemberId), answer.Endpoint.Metrics!.ClockAhead)),
        ];
        bool isGood = true;
        foreach ((string member, TimeSpan ahead) in clocks.Where(clock => clock.Ahead.Duration() > ClockDifferenceMax))
        {
            isGood = false;
            yield return Finding.Warning(
                "clock",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the clock of {member} is at least {ahead.Duration().TotalSeconds:F0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the one here"),
                "Keep the clocks of the members equal (chrony, systemd-timesyncd): certificates and the times in logs depend on them.");
        }

        if (isGood && clocks.Length > 0)
        {
            yield return Finding.Good("clock", "the clocks agree with the one here to a second or two");
        }
    }

    private static IEnumerable<Finding> Certificates(ClusterView view)
    {
        EndpointView[] secured = [.. view.Endpoints.Where(endpoint => endpoint.CertificateEnd is not null)];
        bool isGood = true;
        foreach (EndpointView endpoint in secured)
        {
            DateTimeOffset end = endpoint.CertificateEnd!.Value;
            if (end - view.At > CertificateWarning)
            {
                continue;
            }

            isGood = false;
            string when = end.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            yield return end <= view.At
                ? Finding.Problem("certificate", $"the certificate of {endpoint.Endpoint} ended on {when}", "Replace the file now; the member reads it at the next connection.")
                : Finding.Warning("certificate", $"the certificate of {endpoint.Endpoint} ends on {when}", "Replace the file in time; the member reads it at the next connection.");
        }

        if (isGood && secured.Length > 0)
        {
            yield return Finding.Good("certificate", "none ends within 30 days");
        }
    }

    private static IEnumerable<Finding> Disks(ClusterView view)
    {
        foreach ((EndpointView endpoint, StatusResponse status) in view.Answers)
        {
            double? seconds = endpoint.Metrics is { } metrics
                ? Quantile.Of(SyncPart, metrics.Buckets("etcd_disk_wal_fsync_duration_seconds"), before: null)
                : null;
            if (seconds > SyncSecondsMax)
            {
                yield return Finding.Warning(
                    "disk",
                    string.Create(CultureInfo.InvariantCulture, $"one of a hundred log syncs of {view.NameOf(status.Header.MemberId)} takes {seconds * 1000:F0} ms or more"),
                    "Put the write-ahead log on a disk of its own, a fast one (--wal-dir); look who else writes there.");
            }
        }
    }
}
