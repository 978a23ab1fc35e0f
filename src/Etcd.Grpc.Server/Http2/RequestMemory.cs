namespace Etcd.Grpc.Server.Http2;

/// <summary>Request bytes that all connections of a server hold, and when there are too many. Any thread.</summary>
/// <remarks>A connection counts what it holds by itself (<see cref="ReceiveWindow"/>) and comes here for whole steps, beyond a part that is free: small
/// requests of few calls never meet here.</remarks>
internal sealed class RequestMemory
{
    /// <summary>What connections come for at once.</summary>
    public const int StepBytes = 32 * 1024;

    /// <summary>What each connection may hold without coming here.</summary>
    public const int FreeBytes = 16 * 1024;

    private readonly long _bytesMax;
    private long _reserved;
    private long _wantsRoomFrom;

    /// <param name="bytesMax">How much they may hold together before requests that are not whole are given up.</param>
    public RequestMemory(long bytesMax)
    {
        _bytesMax = bytesMax;
        _wantsRoomFrom = bytesMax;
    }

    /// <summary>What is held, rounded up to steps.</summary>
    public long Reserved => Volatile.Read(ref _reserved);

    /// <summary>Whether more is held than may be.</summary>
    public bool IsOver => Reserved > _bytesMax;

    /// <summary>How much must go until there is room again, with some to spare: making room looks at all requests, and is not to be done for each.</summary>
    public long Excess => Reserved - (_bytesMax - (_bytesMax / 8));

    /// <summary>Counts bytes that have come.</summary>
    /// <returns>Whether room is to be made.</returns>
    public bool Reserve(long bytes) => Interlocked.Add(ref _reserved, bytes) > Volatile.Read(ref _wantsRoomFrom);

    /// <summary>Counts bytes that are gone.</summary>
    public void Release(long bytes)
    {
        if (Interlocked.Add(ref _reserved, -bytes) <= _bytesMax)
        {
            Volatile.Write(ref _wantsRoomFrom, _bytesMax);
        }
    }

    /// <summary>Room was made as far as possible: if that was not enough, further attempts wait until more has come.</summary>
    public void RoomWasMade()
    {
        long held = Reserved;
        if (held > _bytesMax)
        {
            Volatile.Write(ref _wantsRoomFrom, held + (_bytesMax / 32));
        }
    }
}
