using Microsoft.Extensions.Logging;

namespace Etcd.Hosting;

/// <summary>Log lines of starting and stopping, in etcd's wording.</summary>
internal sealed partial class HostLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(2000, LogLevel.Information, "ready to serve client requests")]
    internal partial void Ready();

    [LoggerMessage(2001, LogLevel.Information, "serving client traffic insecurely; this is strongly discouraged!")]
    internal partial void ServingClients(string traffic, string address);

    [LoggerMessage(2014, LogLevel.Information, "serving client traffic securely")]
    internal partial void ServingClientsSecurely(string traffic, string address);

    [LoggerMessage(2002, LogLevel.Information, "serving peer traffic")]
    internal partial void ServingPeers(string address);

    [LoggerMessage(2003, LogLevel.Information, "closed etcd server")]
    internal partial void Closed(string name, string dataDir);

    [LoggerMessage(2004, LogLevel.Information, "received signal; shutting down")]
    internal partial void Signalled(string signal);

    [LoggerMessage(2005, LogLevel.Information, "Running: ")]
    internal partial void Running(IEnumerable<string> args);

    [LoggerMessage(2006, LogLevel.Warning, "{message}")]
    internal partial void Warning(string message);

    [LoggerMessage(2007, LogLevel.Information, "starting an etcd server")]
    internal partial void Starting(string etcdVersion, string release, int maxCpuAvailable, string name, string dataDir);

    [LoggerMessage(2008, LogLevel.Critical, "{message}")]
    internal partial void Failed(string message);

    [LoggerMessage(2009, LogLevel.Information, "successfully notified init daemon")]
    internal partial void NotifiedSystemd();

    [LoggerMessage(2010, LogLevel.Error, "failed to notify systemd for readiness")]
    internal partial void SystemdNotNotified(string error);

    [LoggerMessage(2011, LogLevel.Information, "reopened log files")]
    internal partial void Reopened();

    // A warning, so that the change itself shows at most levels.
    [LoggerMessage(2012, LogLevel.Warning, "log level changed by a signal")]
    internal partial void LevelChanged(string logLevel);

    [LoggerMessage(2013, LogLevel.Critical, "failed to verify flags")]
    internal partial void UnfitFlags(string error);

    [LoggerMessage(2015, LogLevel.Information, "searching for a suitable member local address in AdvertisePeerURLs")]
    internal partial void SearchingLocalAddress(IEnumerable<string> advertisePeerUrls);

    [LoggerMessage(2016, LogLevel.Information, "setting member local address")]
    internal partial void SettingLocalAddress(string localAddr);

    [LoggerMessage(2017, LogLevel.Warning, "unable to set a member local address due to lack of suitable local addresses")]
    internal partial void NoLocalAddress(IEnumerable<string> advertisePeerUrls);

    [LoggerMessage(2018, LogLevel.Critical, "failed to start etcd")]
    internal partial void Unfit(string error);
}
