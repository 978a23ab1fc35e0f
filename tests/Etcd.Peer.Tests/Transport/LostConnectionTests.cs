using System.Net;
using System.Net.Sockets;
using System.Text;

using Etcd.Peer.Codecs;
using Etcd.Peer.Http;
using Etcd.Peer.Tests.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Transport;

/// <summary>Members that go away, stand still or send nonsense.</summary>
public class LostConnectionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Peer_RestartsOnItsPort_IsFoundAgain()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        {
            int port = new Uri(two.Url).Port;
            await two.DisposeAsync();
            await one.UntilAsync(member => member.Transport.ActiveSince(2) is null && member.Transport.OpenStreamsTo(2) == 0);

            await using TestMember again = await TestMember.StartAsync(2, port: port);
            again.Transport.AddPeer(1, [one.Url]);
            await one.UntilAsync(member => member.HasStreamsTo(2) && member.Transport.ActiveSince(2) is not null);

            one.Send(one.Heartbeat(2, 7));
            Assert.Equal(7UL, (await again.Receiver.Messages.ReadAsync(Cancellation)).Commit);
        }
    }

    // A member that has just joined knows the others, while they do not know it yet.
    [Fact(Timeout = 30_000)]
    public async Task Send_NoStreamOpen_ArrivesByPostAndIsAnsweredByPost()
    {
        await using TestMember known = await TestMember.StartAsync(1);
        await using TestMember joining = await TestMember.StartAsync(2);
        joining.Transport.AddPeer(1, [known.Url]);

        joining.Send(new RaftMessage { Type = MessageType.AppendResponse, From = 2, To = 1, Term = 2, Index = 9 });
        Assert.Equal(9UL, (await known.Receiver.Messages.ReadAsync(Cancellation)).Index);
        known.Send(known.Heartbeat(2, 8));

        Assert.Equal(8UL, (await joining.Receiver.Messages.ReadAsync(Cancellation)).Commit);
    }

    [Fact(Timeout = 30_000)]
    public async Task Send_PeerThatReadsNothing_DropsReportsAndCutsTheStream()
    {
        await using TestMember one = await TestMember.StartAsync(1, options => options with { IdleTimeout = TimeSpan.FromSeconds(1), WriteTimeout = TimeSpan.FromSeconds(1), StreamQueueMax = 16 });
        await using RawPeer nobody = await RawPeer.RefusingAsync(404, "error sender not found\n");
        one.Transport.AddPeer(2, [nobody.Url]);
        using Socket reader = await OpenStreamAsync(one, "msgapp", 2);
        await one.UntilAsync(member => member.Transport.OpenStreamsTo(2) == 1);

        // More than what sockets and pipes hold, while nothing is read.
        ulong index = 10;
        while (!one.Receiver.Unreachable.TryRead(out _))
        {
            one.Send(Frames.Append(2, 2, index - 1, 3, Frames.Entry(2, index, 1_000_000)));
            index++;
        }

        await one.UntilAsync(member => member.Transport.OpenStreamsTo(2) == 0);
        Assert.InRange(index, 16UL, 10_000UL);
        Assert.NotEqual(0, one.Transport.Figures[0].SendFailures);
    }

    // What the socket does not take at once goes on from another thread; nothing may be lost or change its order there.
    [Fact(Timeout = 30_000)]
    public async Task Send_PeerThatPauses_GetsEverythingInOrderOnceItReads()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        await using RawPeer nobody = await RawPeer.RefusingAsync(404, "error sender not found\n");
        one.Transport.AddPeer(2, [nobody.Url]);
        using Socket reader = await AskForStreamAsync(one, "msgapp", 2);
        await one.UntilAsync(member => member.Transport.OpenStreamsTo(2) == 1);
        const int Count = 60;
        for (ulong index = 10; index < 10 + Count; index++)
        {
            one.Send(Frames.Append(2, 2, index - 1, 3, Frames.Entry(2, index, 400_000)));
        }

        using var connection = new NetworkStream(reader);
        var body = new AnswerReader(connection);
        Assert.Equal(HttpStatusCode.OK, (await Task.Run(body.ReadHead, Cancellation)).Status);
        var decoder = new AppendDecoder(self: 2, peer: 1);
        var buffer = new ReceiveBuffer();
        var received = new List<ulong>();
        while (received.Count < Count)
        {
            int count = await Task.Run(() => body.Read(buffer.Free().Span), Cancellation);
            buffer.Filled(count);
            while (decoder.TryRead(buffer, out RaftMessage? message))
            {
                received.AddRange(message is null ? [] : [message.Entries.Span[0].Index]);
            }
        }

        Assert.Equal(Enumerable.Range(10, Count).Select(index => (ulong)index), received);
    }

    [Fact(Timeout = 30_000)]
    public async Task Send_PostsThatAreNeverAnswered_FillTheirQueueAndNoMore()
    {
        await using RawPeer silent = await RawPeer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        await using TestMember one = await TestMember.StartAsync(1);
        one.Transport.AddRemote(2, [silent.Url]);

        int sent = 0;
        while (!one.Receiver.Unreachable.TryRead(out _))
        {
            one.Send(one.Heartbeat(2));
            sent++;
        }

        // 64 wait, up to four are being posted, and one was too many.
        Assert.InRange(sent, 65, 69);
    }

    [Fact(Timeout = 30_000)]
    public async Task Send_PostThatIsNeverAnswered_IsGivenUpAndReported()
    {
        await using RawPeer silent = await RawPeer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        await using TestMember one = await TestMember.StartAsync(1, options => options with { PostTimeout = TimeSpan.FromMilliseconds(200) });
        one.Transport.AddRemote(2, [silent.Url]);

        one.Send(one.Heartbeat(2));

        Assert.Equal(2UL, await one.Receiver.Unreachable.ReadAsync(Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_SilentPeer_IsGivenUpAndOpenedAgain()
    {
        await using RawPeer silent = await RawPeer.StreamingAsync([], []);
        await using TestMember one = await TestMember.StartAsync(1, options => options with { IdleTimeout = TimeSpan.FromMilliseconds(300) });

        one.Transport.AddPeer(2, [silent.Url]);

        await one.UntilAsync(_ => silent.Asked.Count(line => line == "GET /raft/stream/message/1") >= 3);
        Assert.NotEqual(0, one.Transport.Figures[0].Disconnects);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_IdleBothWays_IsKeptOpenBySignsOfLife()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync(options => options with { IdleTimeout = TimeSpan.FromMilliseconds(900) });
        await using (one)
        await using (two)
        {
            long received = one.Transport.Figures[0].ReceivedBytes;

            // Signs of life on the message stream are 38 bytes, on the append stream one; ten of them take three idle time-outs.
            await one.UntilAsync(member => member.Transport.Figures[0].ReceivedBytes >= received + (10 * 39));

            Assert.Equal(0, one.Transport.Figures[0].Disconnects);
            Assert.False(one.Receiver.Messages.TryRead(out _));
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("07", "ffffffffffffffff")] // unknown frame; length beyond all bounds
    [InlineData("0100000000000000010000000000000002ffff", "0000000000000002ffff")] // what is no entry; what is no message
    [InlineData("020000000020000001", "0000000020000001")] // one byte above 512 MiB
    public async Task Stream_NonsenseFromAPeer_EndsTheStreamAndReachesNobody(string appendHex, string messageHex)
    {
        await using RawPeer liar = await RawPeer.StreamingAsync(Convert.FromHexString(messageHex), Convert.FromHexString(appendHex));
        await using TestMember one = await TestMember.StartAsync(1);

        one.Transport.AddPeer(2, [liar.Url]);

        await one.UntilAsync(_ => liar.Asked.Count(line => line == "GET /raft/stream/message/1") >= 2
            && liar.Asked.Count(line => line == "GET /raft/stream/msgapp/1") >= 2);
        Assert.NotEqual(0, one.Transport.Figures[0].ReceiveFailures);
        Assert.False(one.Receiver.Messages.TryRead(out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_OpenedAgainByThePeer_ReplacesTheOlderOne()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        await using RawPeer nobody = await RawPeer.RefusingAsync(404, "error sender not found\n");
        one.Transport.AddPeer(2, [nobody.Url]);
        using Socket older = await OpenStreamAsync(one, "message", 2);
        await one.UntilAsync(member => member.Transport.OpenStreamsTo(2) == 1);

        using Socket newer = await OpenStreamAsync(one, "message", 2);

        // The older one ends in order: with the last chunk.
        Assert.EndsWith("0\r\n\r\n", await ReadToEndAsync(older), StringComparison.Ordinal);
        one.Send(one.Heartbeat(2, 5));
        var piece = new byte[1024];
        Assert.NotEqual(0, await newer.ReceiveAsync(piece, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task AddPeer_FirstUrlIsDead_UsesTheNext()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        await using TestMember two = await TestMember.StartAsync(2);
        two.Transport.AddPeer(1, [one.Url]);
        one.Transport.AddPeer(2, ["http://127.0.0.1:1", two.Url]);

        await two.UntilAsync(member => member.HasStreamsTo(1));
        Assert.NotNull(one.Transport.ActiveSince(2));
    }

    [Fact(Timeout = 30_000)]
    public async Task UpdatePeer_MemberHasMoved_IsFoundAtItsNewPlace()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        await using TestMember two = await TestMember.StartAsync(2);
        two.Transport.AddPeer(1, [one.Url]);
        one.Transport.AddPeer(2, ["http://127.0.0.1:1"]);

        one.Transport.UpdatePeer(2, [two.Url]);

        await two.UntilAsync(member => member.HasStreamsTo(1));
    }

    [Fact(Timeout = 30_000)]
    public async Task RemovePeer_OpenStreams_AreClosedAndNothingIsSentAnyMore()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            one.Transport.RemovePeer(2);

            await two.UntilAsync(member => member.Transport.ActiveSince(1) is null);
            Assert.False(one.Transport.KnowsPeer(2));
            Assert.Null(one.Transport.ActiveSince(2));
            one.Send(one.Heartbeat(2));
            Assert.False(two.Receiver.Messages.TryRead(out _));
        }
    }

    // Apply goes on a little longer than the transport when a member stops, and may come to a removal.
    [Fact(Timeout = 30_000)]
    public async Task RemovePeer_TransportHasStopped_DoesNothing()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        one.Transport.AddPeer(2, ["http://127.0.0.1:1"]);
        await one.Transport.DisposeAsync();

        one.Transport.RemovePeer(2);

        Assert.True(one.Transport.KnowsPeer(2));
    }

    [Fact(Timeout = 30_000)]
    public async Task Receive_MemberTakesNoMore_DropsAndCounts()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            two.Receiver.IsFull = true;
            one.Send(one.Heartbeat(2, 1), one.Heartbeat(2, 2));
            await two.UntilAsync(member => member.Transport.Figures[0].ReceiveFailures == 2);

            two.Receiver.IsFull = false;
            one.Send(one.Heartbeat(2, 3));

            Assert.Equal(3UL, (await two.Receiver.Messages.ReadAsync(Cancellation)).Commit);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Receive_MessageOfAKindThatNeverTravels_IsRefused()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            one.Send(new RaftMessage { Type = MessageType.Campaign, From = 1, To = 2 }, one.Heartbeat(2, 4));

            Assert.Equal(MessageType.Heartbeat, (await two.Receiver.Messages.ReadAsync(Cancellation)).Type);
        }
    }

    private static async Task<Socket> OpenStreamAsync(TestMember member, string kind, ulong from)
    {
        Socket socket = await AskForStreamAsync(member, kind, from);

        // The head of the answer must come although there is nothing to send.
        var head = new byte[4096];
        int count = await socket.ReceiveAsync(head, Cancellation);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(head, 0, count), StringComparison.Ordinal);
        return socket;
    }

    private static async Task<Socket> AskForStreamAsync(TestMember member, string kind, ulong from)
    {
        var uri = new Uri(member.Url);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, uri.Port, Cancellation);
        string request = $"GET /raft/stream/{kind}/{from:x} HTTP/1.1\r\nHost: {uri.Authority}\r\nX-Server-From: {from:x}\r\n"
            + $"X-Server-Version: 3.5.30\r\nX-Min-Cluster-Version: 3.0.0\r\nX-Etcd-Cluster-ID: {TestMember.ClusterId:x}\r\nX-Raft-To: {member.Id:x}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        return socket;
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var piece = new byte[4096];
        while (true)
        {
            string read = Encoding.Latin1.GetString(piece, 0, await socket.ReceiveAsync(piece, Cancellation));
            text.Append(read);
            if (read.Length == 0 || read.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                return text.ToString();
            }
        }
    }
}
