using System.Net;

using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Tests.Transport;

/// <summary>What a member refuses, and in which words: the other side compares them.</summary>
public class RefusalTests
{
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData("POST", "/raft/stream/message/2", "", 405, "Method Not Allowed")]
    [InlineData("GET", "/raft", "", 405, "Method Not Allowed")]
    [InlineData("GET", "/raft/snapshot", "", 405, "Method Not Allowed")]
    [InlineData("GET", "/raft/stream/message/2", "no head", 412, "incompatible version")]
    [InlineData("GET", "/raft/stream/message/2", "version 2.9.9", 412, "incompatible version")]
    [InlineData("GET", "/raft/stream/message/2", "version 3.x", 412, "incompatible version")]
    [InlineData("GET", "/raft/stream/message/2", "min 3.6.0", 412, "incompatible version")]
    [InlineData("GET", "/raft/stream/message/2", "cluster 1", 412, "cluster ID mismatch")]
    [InlineData("GET", "/raft/stream/other/2", "", 404, "invalid path")]
    [InlineData("GET", "/raft/stream/message", "", 404, "invalid path")]
    [InlineData("GET", "/raft/stream/message/xyz", "", 404, "invalid from")]
    [InlineData("GET", "/raft/stream/message/9", "", 410, "removed member")]
    [InlineData("GET", "/raft/stream/message/5", "", 404, "error sender not found")]
    [InlineData("GET", "/raft/stream/message/2", "to 7", 412, "to field mismatch")]
    [InlineData("POST", "/raft", "cluster 1", 412, "cluster ID mismatch")]
    [InlineData("POST", "/raft/snapshot", "version 2.9.9", 412, "incompatible version")]
    [InlineData("POST", "/raft", "body ffff", 400, "error unmarshalling raft message")]
    [InlineData("POST", "/raft/snapshot", "body 00", 400, "failed to decode raft message (unexpected EOF)")]
    [InlineData("GET", "/raft/elsewhere", "", 404, "404 page not found")]
    public async Task Request_NotAcceptable_IsRefusedInTheProtocolsWords(string method, string path, string change, int status, string text)
    {
        await using TestMember one = await TestMember.StartAsync(1);
        one.Receiver.Removed[9] = true;
        one.Transport.AddPeer(2, ["http://127.0.0.1:1"]);

        using HttpResponseMessage answer = await AskAsync(one, method, path, change);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(text + "\n", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_Refused_NamesVersionAndCluster()
    {
        await using TestMember one = await TestMember.StartAsync(1);

        using HttpResponseMessage answer = await AskAsync(one, "GET", "/raft/stream/message/2", "cluster 1");

        Assert.Equal("3.5.30", answer.Headers.GetValues("X-Server-Version").Single());
        Assert.Equal("908550e9cb442fab", answer.Headers.GetValues("X-Etcd-Cluster-Id").Single());
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1UL, 9UL)] // from a removed member
    [InlineData(7UL, 2UL)] // for another member
    [InlineData(1UL, 2UL, MessageType.Campaign)] // never travels
    [InlineData(1UL, 2UL, MessageType.Snapshot)] // without the database: the member ended on it
    public async Task Post_MessageThatMayNotReachRaft_IsAServerErrorAndTheConnectionEnds(
        ulong to, ulong from, MessageType type = MessageType.Heartbeat)
    {
        await using TestMember one = await TestMember.StartAsync(1);
        one.Receiver.Removed[9] = true;
        var message = new RaftMessage { Type = type, From = from, To = to, Term = 2 };
        var body = new byte[RaftMessageCodec.SizeOf(message)];
        RaftMessageCodec.Write(message, body);

        using HttpResponseMessage answer = await AskAsync(one, "POST", "/raft", "body " + Convert.ToHexString(body));

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("error processing raft message\n", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.True(answer.Headers.ConnectionClose);
        Assert.False(one.Receiver.Messages.TryRead(out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task Probing_AnyMethod_TellsTheTime()
    {
        await using TestMember one = await TestMember.StartAsync(1);

        using HttpResponseMessage answer = await AskAsync(one, "PUT", "/raft/probing", "");

        string body = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Matches("""^\{"OK":true,"Now":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)"\}\n$""", body);
    }

    [Fact(Timeout = 30_000)]
    public async Task Stream_AnsweredGone_TellsTheMemberThatItWasRemovedAndStopsAsking()
    {
        await using RawPeer peer = await RawPeer.RefusingAsync(410, "removed member\n");
        await using TestMember one = await TestMember.StartAsync(1);

        one.Transport.AddPeer(2, [peer.Url]);

        Assert.Equal(2UL, await one.Receiver.RemovedBy);
    }

    [Fact(Timeout = 30_000)]
    public async Task Post_AnsweredForbidden_TellsTheMemberThatItWasRemoved()
    {
        await using RawPeer peer = await RawPeer.RefusingAsync(403, "");
        await using TestMember one = await TestMember.StartAsync(1);
        one.Transport.AddRemote(2, [peer.Url]);

        one.Send(one.Heartbeat(2));

        Assert.Equal(2UL, await one.Receiver.RemovedBy);
    }

    // Two clusters with one address between them by mistake.
    [Fact(Timeout = 30_000)]
    public async Task Peers_OfDifferentClusters_NeverExchangeAMessage()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        await using TestMember stranger = await TestMember.StartAsync(2, clusterId: 0x1234);
        one.Transport.AddPeer(2, [stranger.Url]);
        stranger.Transport.AddPeer(1, [one.Url]);

        one.Send(one.Heartbeat(2));
        await one.UntilAsync(member => member.Transport.Figures[0].SendFailures > 0);

        Assert.Equal(2UL, await one.Receiver.Unreachable.ReadAsync(Cancellation));
        Assert.Null(one.Transport.ActiveSince(2));
        Assert.Equal(0, one.Transport.OpenStreamsTo(2) + stranger.Transport.OpenStreamsTo(1));
        Assert.False(stranger.Receiver.Messages.TryRead(out _));
    }

    // Two members with the same wrong list knock in turn, ten times a second each.
    [Fact(Timeout = 30_000)]
    public async Task Request_TwoSendersRefusedInTurn_IsToldOncePerSender()
    {
        await using TestMember one = await TestMember.StartAsync(1);

        for (int round = 0; round < 100; round++)
        {
            foreach (string from in new[] { "a", "b" })
            {
                Assert.Equal("cluster ID mismatch", one.Transport.RefusalOf(new PeerRequestHead(from, "3.5.30", "3.0.0", "1", null)));
                Assert.Equal("incompatible version", one.Transport.RefusalOf(new PeerRequestHead(from, "2.0.0", "2.0.0", "1", null)));
            }
        }

        string[] lines = one.Log.With("request cluster ID mismatch");
        Assert.Equal(2, lines.Length);
        Assert.Contains("remotePeerServerName=a remotePeerClusterId=1", lines[0], StringComparison.Ordinal);
        Assert.Contains("remotePeerServerName=b remotePeerClusterId=1", lines[1], StringComparison.Ordinal);
        Assert.Equal(2, one.Log.With("request version incompatible").Length);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("POST", "/raft", "body ffffffff", "failed to unmarshal Raft message", "error=")]
    [InlineData("POST", "/raft/snapshot", "body 7fffffffffffffff", "failed to decode Raft message", "error=rafthttp: error limit exceeded")]
    [InlineData("POST", "/raft/snapshot", "body 00", "failed to decode Raft message", "error=unexpected EOF")]
    [InlineData("GET", "/raft/stream/message/5", "", "failed to find remote peer in cluster", "remotePeerIdFrom=5 clusterId=908550e9cb442fab")]
    public async Task Request_NoMemberSendsIt_IsToldOnceHoweverOftenItComes(string method, string path, string change, string message, string fact)
    {
        await using TestMember one = await TestMember.StartAsync(1);

        for (int round = 0; round < 5; round++)
        {
            using HttpResponseMessage answer = await AskAsync(one, method, path, change);
            Assert.InRange((int)answer.StatusCode, 400, 404);
        }

        string line = Assert.Single(one.Log.With(message));
        Assert.Contains("localMemberId=1 ", line, StringComparison.Ordinal);
        Assert.Contains("remoteAddr=127.0.0.1:", line, StringComparison.Ordinal);
        Assert.Contains(fact, line, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Post_BodyDoesNotArrive_IsUnreadableAndTold()
    {
        await using TestMember one = await TestMember.StartAsync(1);
        var gone = new CancellationToken(canceled: true);

        PostReceipt receipt = await one.Transport.ReceivePostAsync(Stream.Null, 10, null, gone);

        Assert.Equal(PostReceipt.Unreadable, receipt);
        Assert.Single(one.Log.With("failed to read Raft message"));
    }

    // Two members answer so, each on both of its streams.
    [Fact(Timeout = 30_000)]
    public async Task Streams_AllAnsweredGone_RemovalIsToldOnce()
    {
        await using RawPeer peer = await RawPeer.RefusingAsync(410, "removed member\n");
        await using TestMember one = await TestMember.StartAsync(1);

        one.Transport.AddPeer(2, [peer.Url]);
        one.Transport.AddPeer(3, [peer.Url]);
        var reports = new List<ulong>();
        while (reports.Count < 4)
        {
            reports.Add(await one.Receiver.RemovalReports.ReadAsync(Cancellation));
        }

        Assert.Equal([2UL, 2UL, 3UL, 3UL], [.. reports.Order()]);

        Assert.Single(one.Log.With("the member has been permanently removed from the cluster"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Post_SendersWithoutEnd_AreRememberedUpToABound()
    {
        await using TestMember one = await TestMember.StartAsync(1, options => options with { RemotesMax = 3 });

        for (int sender = 100; sender < 110; sender++)
        {
            var head = new PeerRequestHead($"{sender:x}", "3.5.30", "3.0.0", null, "http://127.0.0.1:1");
            one.Transport.RememberSender(head);
        }

        Assert.Equal(3, one.Transport.RemoteCount);
    }

    private static Task<HttpResponseMessage> AskAsync(TestMember member, string method, string path, string change)
    {
        string[] parts = change.Split(' ', 2);
        var request = new HttpRequestMessage(new HttpMethod(method), member.UriOf(path));
        if (change != "no head")
        {
            request.Headers.TryAddWithoutValidation("X-Server-From", "2");
            request.Headers.TryAddWithoutValidation("X-Server-Version", parts[0] == "version" ? parts[1] : "3.5.30");
            request.Headers.TryAddWithoutValidation("X-Min-Cluster-Version", parts[0] == "min" ? parts[1] : "3.0.0");
            request.Headers.TryAddWithoutValidation("X-Etcd-Cluster-ID", parts[0] == "cluster" ? parts[1] : $"{TestMember.ClusterId:x}");
            request.Headers.TryAddWithoutValidation("X-Raft-To", parts[0] == "to" ? parts[1] : "1");
        }

        if (parts[0] == "body")
        {
            request.Content = new ByteArrayContent(Convert.FromHexString(parts[1]));
        }

        return Http.SendAsync(request, Cancellation);
    }
}
