using System.Globalization;
using System.Net;

using Etcd.Server.Access;
using Etcd.Server.Compaction;

namespace Etcd.Hosting.Settings;

/// <summary>Checks that settings fit together and completes those that depend on others.</summary>
internal static class SettingsValidation
{
    // Longer than Go's durations can be; etcd refuses or wraps beyond.
    private const long RetentionHoursMax = 2_562_047;

    private static readonly TimeSpan ElectionTimeoutMax = TimeSpan.FromMilliseconds(50_000);

    internal static void Complete(MemberSettings settings)
    {
        if (settings.DataDirectory.Length == 0)
        {
            settings.DataDirectory = $"{settings.Name}.etcd";
        }

        CheckTimes(settings);
        CheckTracing(settings);
        CheckUrls(settings);
        TlsValidation.Check(settings);
        CompleteInitialCluster(settings);
        settings.AutoCompaction = ReadAutoCompaction(settings);
        CheckTokens(settings);
        CheckLeaseCheckpoints(settings);
        LogSettings.Complete(settings);
    }

    private static void CheckLeaseCheckpoints(MemberSettings settings)
    {
        if (settings.LeaseCheckpointsPersist && !settings.LeaseCheckpoints)
        {
            throw new SettingsException("setting experimental-enable-lease-checkpoint-persist requires experimental-enable-lease-checkpoint");
        }

        if (settings.LeaseCheckpoints && !settings.LeaseCheckpointsPersist)
        {
            settings.Warnings.Add(
                "Detected that checkpointing is enabled without persistence. Consider enabling experimental-enable-lease-checkpoint-persist");
        }
    }

    private static void CheckTokens(MemberSettings settings)
    {
        try
        {
            TokenChoice.Check(settings.AuthToken);
        }
        catch (Exception failure) when (failure is FormatException or IOException)
        {
            throw new SettingsException(failure.Message);
        }
    }

    private static void CheckTimes(MemberSettings settings)
    {
        if (settings.HeartbeatInterval <= TimeSpan.Zero)
        {
            throw new SettingsException("--heartbeat-interval must be >0 (set to 0ms)");
        }

        if (settings.ElectionTimeout <= TimeSpan.Zero)
        {
            throw new SettingsException("--election-timeout must be >0 (set to 0ms)");
        }

        if (5 * settings.HeartbeatInterval > settings.ElectionTimeout)
        {
            throw new SettingsException(
                $"--election-timeout[{settings.ElectionTimeout.TotalMilliseconds}ms] should be at least as 5 times as "
                + $"--heartbeat-interval[{settings.HeartbeatInterval.TotalMilliseconds}ms]");
        }

        if (settings.CompactHashCheckInterval <= TimeSpan.Zero)
        {
            throw new SettingsException(
                $"--experimental-compact-hash-check-time must be >0 (set to {settings.CompactHashCheckInterval.TotalSeconds}s)");
        }

        if (settings.ElectionTimeout > ElectionTimeoutMax)
        {
            throw new SettingsException(
                $"--election-timeout[{settings.ElectionTimeout.TotalMilliseconds}ms] is too long, and should be set less than "
                + $"{ElectionTimeoutMax.TotalMilliseconds}ms");
        }
    }

    // Only of one that is on, as in etcd.
    private static void CheckTracing(MemberSettings settings)
    {
        const int PerMillionMax = 1_000_000;
        if (settings.TracingEnabled && settings.TracingSamplesPerMillion is < 0 or > PerMillionMax)
        {
            string bound = settings.TracingSamplesPerMillion < 0 ? "positive" : $"less than {PerMillionMax}";

            // The spelling is etcd's.
            throw new SettingsException($"distributed tracing configurition is not valid: (tracing sampling rate must be {bound})");
        }
    }

    private static void CheckUrls(MemberSettings settings)
    {
        foreach (Uri url in settings.ListenClientUrls
            .Concat(settings.ListenPeerUrls)
            .Concat(settings.ListenClientHttpUrls)
            .Concat(settings.ListenMetricsUrls))
        {
            if (url.Scheme is "http" or "https" && url.Host != "localhost" && !IPAddress.TryParse(url.Host.Trim('[', ']'), out _))
            {
                throw new SettingsException($"expected IP in URL for binding ({url.OriginalString.TrimEnd('/')})");
            }
        }

        if (settings.ListenClientUrlsGiven && !settings.AdvertiseClientUrlsGiven)
        {
            throw new SettingsException("--advertise-client-urls is required when --listen-client-urls is set explicitly");
        }
    }

    private static void CompleteInitialCluster(MemberSettings settings)
    {
        bool[] ways =
        [
            settings.InitialCluster.Length > 0, settings.Discovery is not null, settings.V3Discovery.IsUsed, settings.DiscoverySrv.Length > 0,
        ];
        if (ways.Count(given => given) > 1)
        {
            // The words of etcd 3.5 where it knows the flags, those of 3.6 otherwise.
            string v3 = settings.V3Discovery.IsUsed ? "\"discovery\", \"discovery-endpoints\"" : "\"discovery\"";
            throw new SettingsException(
                $"multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", {v3} or \"discovery-srv\"");
        }

        CheckV3Discovery(settings);
        if (settings.Discovery is not null && settings.DiscoveryFallsBackToProxy)
        {
            throw new SettingsException("--discovery-fallback=proxy is not available: there is no v2 proxy; a member that finds the cluster full ends");
        }

        // For what it refuses: before the log and the data directory are there.
        InitialClusterText.Read(settings.InitialCluster);
        if (!ways.Contains(true))
        {
            settings.InitialCluster = string.Join(
                ',', settings.AdvertisePeerUrls.Select(url => $"{settings.Name}={url.OriginalString.TrimEnd('/')}"));
        }
    }

    private static void CheckV3Discovery(MemberSettings settings)
    {
        V3DiscoverySettings discovery = settings.V3Discovery;
        if (discovery.IsMentioned && settings.DiscoveryProxy is not null)
        {
            throw new SettingsException(
                "both v2 discovery settings (discovery, discovery-proxy) and v3 discovery settings (discovery-token, discovery-endpoints, "
                + "discovery-cert, discovery-key, discovery-cacert, discovery-user, discovery-password) are set");
        }

        if (discovery.Token.Length > 0 != discovery.IsUsed)
        {
            throw new SettingsException("both --discovery-token and --discovery-endpoints must be set");
        }

        if (discovery.Endpoints.Contains(string.Empty))
        {
            throw new SettingsException("--discovery-endpoints must not contain empty endpoints");
        }

        foreach ((string flag, TimeSpan timeout) in new[] { ("dial", discovery.DialTimeout), ("request", discovery.RequestTimeout) })
        {
            if (timeout <= TimeSpan.Zero)
            {
                throw new SettingsException($"--discovery-{flag}-timeout must be >0 (set to {timeout.TotalSeconds}s)");
            }
        }

        if (discovery.CertificateFile.Length > 0 != discovery.KeyFile.Length > 0)
        {
            throw new SettingsException(
                $"KeyFile and CertFile must both be present[key: {discovery.KeyFile}, cert: {discovery.CertificateFile}]");
        }
    }

    private static AutoCompactionOptions ReadAutoCompaction(MemberSettings settings)
    {
        string retention = settings.AutoCompactionRetention;
        switch (settings.AutoCompactionModeText)
        {
            case "revision":
                if (!long.TryParse(retention, NumberStyles.None, CultureInfo.InvariantCulture, out long revisions))
                {
                    throw new SettingsException(
                        GoDuration.TryParse(retention, out _, out string flaw)
                            ? $"--auto-compaction-retention {retention} is not a number of revisions"
                            : $"error parsing CompactionRetention: {flaw}");
                }

                return revisions == 0
                    ? AutoCompactionOptions.Off
                    : new AutoCompactionOptions(AutoCompactionMode.Revision, TimeSpan.Zero, revisions);

            case "periodic":
                TimeSpan period = long.TryParse(retention, NumberStyles.None, CultureInfo.InvariantCulture, out long hours)
                    && hours <= RetentionHoursMax
                    ? TimeSpan.FromHours(hours)
                    : ParseRetention(retention);
                return period == TimeSpan.Zero
                    ? AutoCompactionOptions.Off
                    : new AutoCompactionOptions(AutoCompactionMode.Periodic, period, 0);

            default:
                throw new SettingsException($"unknown auto-compaction-mode \"{settings.AutoCompactionModeText}\"");
        }
    }

    private static TimeSpan ParseRetention(string text)
    {
        if (!GoDuration.TryParse(text, out TimeSpan retention, out string fault))
        {
            throw new SettingsException($"error parsing CompactionRetention: {fault}");
        }

        return retention >= TimeSpan.Zero ? retention : throw new SettingsException($"--auto-compaction-retention {text} is negative");
    }
}
