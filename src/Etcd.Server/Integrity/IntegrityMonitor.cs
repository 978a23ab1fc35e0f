using Etcd.Protocol.Errors;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

namespace Etcd.Server.Integrity;

/// <summary>Has the members' data compared again and again, while this member leads.</summary>
internal sealed class IntegrityMonitor(
    ulong memberId, ServerOptions options, RaftLoop loop, PeriodicHashCheck keys, CompactionHashCheck compactions, TimeProvider time, IntegrityLog log)
{
    // What a timer can do.
    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan IntervalMax = TimeSpan.FromDays(49);

    /// <summary>Compares all keys every <see cref="ServerOptions.CorruptCheckInterval"/>, until cancelled; returns at once when that is zero.</summary>
    internal async Task RunKeysAsync(CancellationToken stopping)
    {
        if (options.CorruptCheckInterval <= TimeSpan.Zero)
        {
            return;
        }

        log.PeriodicCheckEnabled(Member.FormatId(memberId), DurationText.Of(options.CorruptCheckInterval));
        await RepeatAsync(options.CorruptCheckInterval, keys.RunAsync, stopping).ConfigureAwait(false);
    }

    /// <summary>Compares the hashes of compactions every <see cref="ServerOptions.CompactHashCheckInterval"/>, until cancelled; returns at once when
    /// that is not wanted.</summary>
    internal async Task RunCompactionsAsync(CancellationToken stopping)
    {
        if (options.CompactHashCheck)
        {
            await RepeatAsync(options.CompactHashCheckInterval, compactions.RunAsync, stopping).ConfigureAwait(false);
        }
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
