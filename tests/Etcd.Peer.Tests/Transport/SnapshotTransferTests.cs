using System.Text;

using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Tests.Transport;

/// <summary>A snapshot message with a database file behind it, on its way to another member.</summary>
public class SnapshotTransferTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData(0)]
    [InlineData(24_576)]
    [InlineData(20_000_000)]
    public async Task SendSnapshot_PeerTakesIt_ArrivesWholeAndIsReported(int databaseBytes)
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            byte[] database = new byte[databaseBytes];
            new Random(1).NextBytes(database);
            var content = new TestSnapshot(database);

            one.Transport.SendSnapshot(Message(), content);

            (RaftMessage received, byte[] file) = await two.Receiver.Snapshots.ReadAsync(Cancellation);
            Assert.True(file.AsSpan().SequenceEqual(database));
            Assert.Equal(42UL, received.Snapshot!.Metadata.Index);
            Assert.Equal([1, 2], received.Snapshot.Metadata.ConfState.Voters);
            Assert.Equal("{}", Encoding.UTF8.GetString(received.Snapshot.Data.Span));
            Assert.Equal((2UL, true), await one.Receiver.SnapshotReports.ReadAsync(Cancellation));
            Assert.True(content.IsDisposed);
            Assert.Equal((1, 0, 0), Counts(one));
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1000, 999)]
    [InlineData(1000, 1001)]
    [InlineData(1_000_000, 10)]
    public async Task SendSnapshot_FileIsNotAsLongAsAnnounced_FailsAndTheReceiverKeepsNothing(int announced, int real)
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            one.Transport.SendSnapshot(Message(), new TestSnapshot(new byte[real]) { SizeBytes = announced });

            Assert.Equal((2UL, false), await one.Receiver.SnapshotReports.ReadAsync(Cancellation));
            Assert.Equal(2UL, await one.Receiver.Unreachable.ReadAsync(Cancellation));
            Assert.False(two.Receiver.Snapshots.TryRead(out _));
            Assert.Equal((0, 1, 0), Counts(one));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task SendSnapshot_ReceiverCannotStoreIt_IsReportedAsFailed()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            two.Receiver.SnapshotFailure = new IOException("no space left on device");

            one.Transport.SendSnapshot(Message(), new TestSnapshot(new byte[100]));

            Assert.Equal((2UL, false), await one.Receiver.SnapshotReports.ReadAsync(Cancellation));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task SendSnapshot_UnknownMember_FailsAtOnce()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        var content = new TestSnapshot(new byte[100]);

        one.Transport.SendSnapshot(Message(), content);

        Assert.Equal((2UL, false), await one.Receiver.SnapshotReports.ReadAsync(Cancellation));
        Assert.True(content.IsDisposed);
    }

    [Fact(Timeout = 30_000)]
    public async Task SendSnapshot_ReceiverStandsStill_IsGivenUp()
    {
        await using RawPeer silent = await RawPeer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        await using TestMember one = await TestMember.StartAsync(
            1, options => options with { SnapshotStallTimeout = TimeSpan.FromMilliseconds(400) });
        one.Transport.AddPeer(2, [silent.Url]);

        one.Transport.SendSnapshot(Message(), new TestSnapshot(new byte[50_000_000]));

        Assert.Equal((2UL, false), await one.Receiver.SnapshotReports.ReadAsync(Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task ReceiveSnapshot_SenderStandsStill_IsGivenUp()
    {
        await using TestMember one = await TestMember.StartAsync(1, options => options with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        using var endless = new EndlessStream(Framed(Message(to: 1)));

        SnapshotReceipt receipt = await one.Transport.ReceiveSnapshotAsync(endless, null, Cancellation);

        Assert.Equal(new SnapshotReceipt(SnapshotReceiptOutcome.NotStored, "i/o timeout"), receipt);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReceiveSnapshot_OtherMessage_IsTheWrongType()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        using var body = new MemoryStream(Framed(new RaftMessage { Type = MessageType.Heartbeat, From = 2, To = 1 }));

        SnapshotReceipt receipt = await one.Transport.ReceiveSnapshotAsync(body, null, Cancellation);

        Assert.Equal(SnapshotReceiptOutcome.WrongType, receipt.Outcome);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("7fffffffffffffff", "rafthttp: error limit exceeded")]
    [InlineData("000000007000000000", "unexpected EOF")] // announces 1.75 GiB, sends one byte
    [InlineData("0000000000000002ffff", "raftpb.Message")]
    [InlineData("", "unexpected EOF")]
    public async Task ReceiveSnapshot_HeadThatIsNone_IsRefusedWithoutTakingMemory(string hex, string reason)
    {
        await using TestMember one = await TestMember.StartAsync(1);
        using var body = new MemoryStream(Convert.FromHexString(hex));
        long before = GC.GetTotalAllocatedBytes();

        SnapshotReceipt receipt = await one.Transport.ReceiveSnapshotAsync(body, null, Cancellation);

        Assert.Equal(SnapshotReceiptOutcome.Undecodable, receipt.Outcome);
        Assert.Contains(reason, receipt.Reason, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 50_000_000);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1UL, 9UL)]
    [InlineData(7UL, 2UL)]
    public async Task ReceiveSnapshot_RemovedSenderOrOtherReceiver_IsRefused(ulong to, ulong from)
    {
        await using TestMember one = await TestMember.StartAsync(1);
        one.Receiver.Removed[9] = true;
        using var body = new MemoryStream(Framed(Message(to, from)));

        SnapshotReceipt receipt = await one.Transport.ReceiveSnapshotAsync(body, null, Cancellation);

        Assert.Equal(SnapshotReceiptOutcome.Refused, receipt.Outcome);
        Assert.False(one.Receiver.Snapshots.TryRead(out _));
    }

    private static (long, long, int) Counts(TestMember member)
    {
        PeerFigures figures = member.Transport.Figures[0];
        return (figures.SnapshotsSent, figures.SnapshotSendFailures, figures.SnapshotSendsInFlight);
    }

    private static RaftMessage Message(ulong to = 2, ulong from = 1) => new()
    {
        Type = MessageType.Snapshot,
        From = from,
        To = to,
        Term = 3,
        Snapshot = new Snapshot(new SnapshotMetadata(42, 3, new ConfState { Voters = [1, 2] }), "{}"u8.ToArray()),
    };

    private static byte[] Framed(RaftMessage message)
    {
        int length = RaftMessageCodec.SizeOf(message);
        var bytes = new byte[8 + length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, length);
        RaftMessageCodec.Write(message, bytes.AsSpan(8));
        return bytes;
    }

    private sealed class TestSnapshot(byte[] bytes) : IPeerSnapshotContent
    {
        public long SizeBytes { get; init; } = bytes.Length;

        public bool IsDisposed { get; private set; }

        public async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
        {
            const int PieceBytes = 64 * 1024;
            for (int from = 0; from < bytes.Length; from += PieceBytes)
            {
                await destination.WriteAsync(bytes.AsMemory(from, Math.Min(PieceBytes, bytes.Length - from)), cancellationToken);
            }
        }

        public void Dispose() => IsDisposed = true;
    }

    /// <summary>Gives some bytes and then neither more nor an end.</summary>
    private sealed class EndlessStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await base.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return count;
        }
    }
}
