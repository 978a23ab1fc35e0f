namespace Etcd.Server.V2Api;

/// <summary>Unix time in nanoseconds, as v2 requests carry it.</summary>
internal static class UnixTime
{
    private const long NanosecondsPerTick = 100;

    internal static long NowNanoseconds(TimeProvider time) =>
        (time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;
}
