namespace Etcd.Grpc.Server.Http2;

/// <summary>Counts what a client can send at little cost to itself: frames that carry nothing, and calls opened only to be reset. One per
/// connection, used by its reader; <see cref="Earn"/> by any thread under the connection's lock.</summary>
/// <remarks>
/// Each second has an allowance of its own. Replies earn more of it, for a client answers data with window updates. The attacks: rapid reset
/// (CVE-2023-44487), and the floods of pings, settings, priorities, window updates and empty frames (CVE-2019-9512 to 9518).
/// </remarks>
internal sealed class FloodGuard(TimeProvider time)
{
    /// <summary>Frames without content a second.</summary>
    public const int IdleFramesMax = 10_000;

    /// <summary>Calls a second that the client resets soon after it opened them.</summary>
    public const int ResetsMax = 2_000;

    /// <summary>A call that has run for this long is reset by a client that has waited for it: thousands may time out together, and are no attack. One
    /// that waits so long with each call gets no more out of resets than out of plain calls.</summary>
    public static readonly TimeSpan RapidFor = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private long _since = time.GetTimestamp();
    private long _idleFrames;
    private int _resets;

    /// <summary>The time, for <see cref="IsResetFlood"/>.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>The server has sent data or taken a call, for which the client may owe some frames.</summary>
    public void Earn() => _idleFrames = Math.Max(_idleFrames - 4, -IdleFramesMax);

    /// <summary>A frame without content.</summary>
    /// <param name="frames">How many it counts for: one that makes work says how much.</param>
    /// <returns><see langword="true"/> when it was one too many.</returns>
    public bool IsFlood(int frames = 1)
    {
        _idleFrames += frames;
        if (_idleFrames <= IdleFramesMax)
        {
            return false;
        }

        Renew();
        return _idleFrames > IdleFramesMax;
    }

    /// <summary>A call was reset before its end.</summary>
    /// <param name="openedAt">When it was opened.</param>
    /// <returns><see langword="true"/> when it was one too many.</returns>
    public bool IsResetFlood(long openedAt)
    {
        if (time.GetElapsedTime(openedAt) >= RapidFor || ++_resets <= ResetsMax)
        {
            return false;
        }

        Renew();
        return _resets > ResetsMax;
    }

    private void Renew()
    {
        long now = time.GetTimestamp();
        if (time.GetElapsedTime(_since, now) >= Period)
        {
            _since = now;
            _idleFrames = 1;
            _resets = 1;
        }
    }
}
