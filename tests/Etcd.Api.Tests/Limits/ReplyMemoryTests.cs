using Etcd.Api.Limits;
using Etcd.Protocol.Errors;
using Etcd.Testing;

namespace Etcd.Api.Tests.Limits;

public sealed class ReplyMemoryTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Take_WithinTheBound_TakesAtOnceAndGivesBack()
    {
        var memory = new ReplyMemory(1000, _time);

        ReplyShare first = await memory.TakeAsync(600, CancellationToken.None);
        ReplyShare second = await memory.TakeAsync(400, CancellationToken.None);
        Assert.Equal(1000, memory.TakenBytes);
        first.Dispose();
        first.Dispose();

        Assert.Equal(400, memory.TakenBytes);
        second.Dispose();
        Assert.Equal(0, memory.TakenBytes);
        Assert.Equal((0L, 0L), (memory.Waited, memory.Refused));
    }

    [Fact]
    public async Task Take_NoRoom_WaitsItsTurnAndIsNotOvertaken()
    {
        var memory = new ReplyMemory(1000, _time);
        ReplyShare holder = await memory.TakeAsync(900, CancellationToken.None);

        Task<ReplyShare> large = memory.TakeAsync(800, CancellationToken.None).AsTask();
        Task<ReplyShare> small = memory.TakeAsync(50, CancellationToken.None).AsTask();
        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted);
        Assert.Equal(2, memory.Waiting);
        holder.Dispose();

        using ReplyShare largeShare = await large;
        using ReplyShare smallShare = await small;
        Assert.Equal(850, memory.TakenBytes);
        Assert.Equal((2L, 0, 0L), (memory.Waited, memory.Waiting, memory.Refused));
    }

    [Fact]
    public async Task Take_NoRoomInTime_IsRefusedWithTheFigures()
    {
        var memory = new ReplyMemory(1000, _time);
        using ReplyShare holder = await memory.TakeAsync(900, CancellationToken.None);
        Task<ReplyShare> late = memory.TakeAsync(800, CancellationToken.None).AsTask();
        Task<ReplyShare> behind = memory.TakeAsync(100, CancellationToken.None).AsTask();

        _time.Advance(ReplyMemory.WaitMax);
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => late);

        Assert.Equal(EtcdErrorCode.ReplyMemoryExceeded, refusal.Code);
        Assert.Equal(
            "etcdserver: not enough memory for the reply: about 800 bytes of the 1000 for all replies together were not to be had within 3 s; try again later",
            refusal.Message);

        // The one behind would have fitted all along: it had to wait for its turn, or for its own time to be over.
        Exception? end = await Record.ExceptionAsync(() => behind);
        Assert.True(end is null or EtcdException { Code: EtcdErrorCode.ReplyMemoryExceeded }, $"{end}");
        if (end is null)
        {
            (await behind).Dispose();
        }

        Assert.Equal((900L, 0), (memory.TakenBytes, memory.Waiting));
    }

    [Fact]
    public async Task Take_CallerGivesUp_LeavesTheLine()
    {
        var memory = new ReplyMemory(1000, _time);
        using ReplyShare holder = await memory.TakeAsync(900, CancellationToken.None);
        using var given = new CancellationTokenSource();
        Task<ReplyShare> waiting = memory.TakeAsync(800, given.Token).AsTask();
        Task<ReplyShare> behind = memory.TakeAsync(100, CancellationToken.None).AsTask();

        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        using ReplyShare share = await behind;
        Assert.Equal((1000L, 0, 0L), (memory.TakenBytes, memory.Waiting, memory.Refused));
    }

    [Fact]
    public async Task Take_LargerThanTheBound_IsRefusedAtOnce()
    {
        var memory = new ReplyMemory(1000, _time);

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => memory.TakeAsync(1001, CancellationToken.None).AsTask());

        Assert.Equal(
            "etcdserver: not enough memory for the reply: it would take about 1001 bytes, and all replies together may take 1000; ask for less at a time",
            refusal.Message);
        Assert.Equal(1, memory.Refused);
    }

    [Fact]
    public async Task Take_LineIsFull_IsRefusedAtOnce()
    {
        var memory = new ReplyMemory(2000, _time);
        using ReplyShare holder = await memory.TakeAsync(2000, CancellationToken.None);
        Task<ReplyShare>[] line = [.. Enumerable.Range(0, ReplyMemory.WaitersMax).Select(_ => memory.TakeAsync(1, CancellationToken.None).AsTask())];

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => memory.TakeAsync(1, CancellationToken.None).AsTask());

        Assert.EndsWith("1024 others wait for some; try again later", refusal.Message, StringComparison.Ordinal);
        holder.Dispose();
        ReplyShare[] shares = await Task.WhenAll(line);
        Assert.Equal(shares.Length, memory.TakenBytes);
    }

    [Fact]
    public async Task Correct_ReplyIsLargerThanMeasured_HoldsUpTheNext()
    {
        var memory = new ReplyMemory(1000, _time);
        ReplyShare share = await memory.TakeAsync(100, CancellationToken.None);

        share.Correct(1500);
        Task<ReplyShare> next = memory.TakeAsync(10, CancellationToken.None).AsTask();

        Assert.Equal((1500L, false, false), (memory.TakenBytes, memory.IsCalm, next.IsCompleted));
        share.Dispose();
        using ReplyShare later = await next;
        Assert.Equal(10, memory.TakenBytes);
    }
}
