using System.Threading.Channels;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>The time during which one lease stands for the keys that the proxy owns.</summary>
internal sealed class LeasingSession
{
    // A key is given up once for each time it was owned, and once for each demand of another proxy.
    private const int GivenUpMax = 2 * OwnedKeys.KeysMax;

    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<(ByteString Key, long Since)> _givenUp =
        Channel.CreateBounded<(ByteString Key, long Since)>(new BoundedChannelOptions(GivenUpMax) { SingleReader = false });

    private long _renewed;
    private long _ticksLeft;

    /// <summary>Begins a session.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="time">The clock.</param>
    internal LeasingSession(long lease, TimeProvider time)
    {
        Lease = lease;
        _time = time;
        Keys = new OwnedKeys(time);
    }

    /// <summary>The lease.</summary>
    internal long Lease { get; }

    /// <summary>The keys owned under it.</summary>
    internal OwnedKeys Keys { get; }

    /// <summary>The keys to be let go of in the cluster, with the revisions that had made them the proxy's.</summary>
    internal ChannelReader<(ByteString Key, long Since)> GivenUp => _givenUp.Reader;

    /// <summary>Ends when the session is to end: with the lease everything goes.</summary>
    internal Task Ending => _end.Task;

    /// <summary>Whether the lease is sure to live: until then nobody else can write what is owned.</summary>
    internal bool IsValid => !_end.Task.IsCompleted && _time.GetElapsedTime(Volatile.Read(ref _renewed)).Ticks < Volatile.Read(ref _ticksLeft);

    /// <summary>The lease has been renewed.</summary>
    /// <param name="asked">When that was asked for, as a time stamp of the clock.</param>
    /// <param name="timeToLive">How long it lives from then on, at least.</param>
    internal void Renewed(long asked, TimeSpan timeToLive)
    {
        // A second for clocks that do not run alike. Times to live are the same each time, so that the two need no lock.
        Volatile.Write(ref _ticksLeft, (timeToLive - TimeSpan.FromSeconds(1)).Ticks);
        Volatile.Write(ref _renewed, asked);
    }

    /// <summary>Nothing is sure from here on. Safe to call more than once.</summary>
    internal void End() => _end.TrySetResult();

    /// <summary>Lets go of a key in the cluster.</summary>
    /// <param name="key">The key.</param>
    /// <param name="since">The revision that had made it the proxy's: what it is since then is not touched.</param>
    internal void GiveUp(ByteString key, long since)
    {
        if (!_givenUp.Writer.TryWrite((key, since)))
        {
            // More than may wait.
            End();
        }
    }
}
