using Etcd.Api.Limits.Rates;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;
using Etcd.Mvcc;
using Etcd.Server.Limits.Prefixes;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Limits;

/// <summary>Keeps a member's limits as its file of limits says. Whether it has changed is looked at every second; a file that cannot be used changes
/// nothing, and costs one line.</summary>
internal sealed class LimitsFile : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly RateLimiter _rates;
    private readonly PrefixQuotas _quotas;
    private readonly LimitsLog _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private FileStamp _stamp;
    private Task _watching = Task.CompletedTask;

    private LimitsFile(string path, RateLimiter rates, PrefixQuotas quotas, TimeProvider time, ILoggerFactory loggers)
    {
        _path = path;
        _rates = rates;
        _quotas = quotas;
        _time = time;
        _log = new LimitsLog(loggers.CreateLogger<LimitsFile>());
    }

    /// <summary>Puts the limits in force that the file has now, and follows it.</summary>
    /// <exception cref="SettingsException">The file cannot be used: a member does not start without the limits it was given.</exception>
    internal static async Task<LimitsFile> StartAsync(
        string path, RateLimiter rates, PrefixQuotas quotas, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var file = new LimitsFile(path, rates, quotas, time, loggers);
        file._stamp = FileStamp.Of(path);
        await file.ApplyAsync(LimitsReader.Read(path)).WaitAsync(cancellationToken);
        file._watching = file.WatchAsync();
        return file;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(LookInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                FileStamp stamp = FileStamp.Of(_path);
                if (stamp == _stamp)
                {
                    continue;
                }

                // Each state of the file is read once, so that a broken one costs one line.
                _stamp = stamp;
                await RenewAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The member stops.
        }
    }

    private async Task RenewAsync()
    {
        try
        {
            await ApplyAsync(LimitsReader.Read(_path)).WaitAsync(_stopping.Token);
        }
        catch (Exception fault) when (fault is SettingsException or CorruptBackendException)
        {
            _log.NotUsed(fault.Message);
        }
    }

    private async Task ApplyAsync(LimitsDocument limits)
    {
        _rates.Set(limits.Rates);
        await _quotas.SetAsync(limits.Quotas);
        _log.InForce(_path, limits.Rates.Users.Count + limits.Rates.Roles.Count + (limits.Rates.Default is null ? 0 : 1), limits.Quotas.Count);
    }
}
