using Etcd.Protocol.Errors;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;

namespace Etcd.Server.Integrity;

/// <summary>Has the members' data compared again and again, while this member leads.</summary>
internal sealed class IntegrityMonitor(
    ulong memberId, ServerOptions options, RaftLoop loop, PeriodicHashCheck keys, CompactionHashCheck compactions, TimeProvider time, IntegrityLog log)
{
    // What a timer can do.
    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan IntervalMax = TimeSpan.FromDays(49);

    /// <summary>Compares all keys every <see cref="ServerOptions.CorruptCheckInterval"/> and the hashes of compactions every
    /// <see cref="ServerOptions.CompactHashCheckInterval"/>, as far as the options ask for it, until cancelled.</summary>
    internal Task RunAsync(Execution execution, CancellationToken stopping)
    {
        var running = new List<Task>();
        if (options.CorruptCheckInterval > TimeSpan.Zero)
        {
            log.PeriodicCheckEnabled(Member.FormatId(memberId), DurationText.Of(options.CorruptCheckInterval));
            running.Add(execution.RunAsync(() => RepeatAsync(options.CorruptCheckInterval, keys.RunAsync, stopping)));
        }

        if (options.CompactHashCheck)
        {
            running.Add(execution.RunAsync(() => RepeatAsync(options.CompactHashCheckInterval, compactions.RunAsync, stopping)));
        }

        return Task.WhenAll(running);
    }

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> check, CancellationToken stopping)
    {
        TimeSpan period = interval < IntervalMin ? IntervalMin : interval > IntervalMax ? IntervalMax : interval;
        using var timer = new PeriodicTimer(period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                if (loop.Leadership.IsLeader)
                {
                    await CheckAsync(check, stopping).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    private async Task CheckAsync(Func<CancellationToken, Task> check, CancellationToken stopping)
    {
        try
        {
            await check(stopping).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            log.CheckFailed(failure.Message);
        }
    }
}
