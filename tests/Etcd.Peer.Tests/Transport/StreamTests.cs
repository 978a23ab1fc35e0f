using Etcd.Peer.Tests.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Transport;

/// <summary>Messages between two members over their streams.</summary>
public class StreamTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Send_BothDirections_ArriveInOrder()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            for (ulong commit = 1; commit <= 1000; commit++)
            {
                one.Send(one.Heartbeat(2, commit));
                two.Send(new RaftMessage { Type = MessageType.HeartbeatResponse, From = 2, To = 1, Term = 2, Index = commit });
            }

            for (ulong commit = 1; commit <= 1000; commit++)
            {
                Assert.Equal(commit, (await two.Receiver.Messages.ReadAsync(Cancellation)).Commit);
                Assert.Equal(commit, (await one.Receiver.Messages.ReadAsync(Cancellation)).Index);
            }
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Send_Appends_ArriveWithTheirEntriesWhateverTheirSize()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            RaftMessage[] sent =
            [
                Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4)),
                Frames.Append(2, 2, 4, 4, Frames.Entry(2, 5, 1_500_000), Frames.Entry(2, 6, 3)),
                Frames.Append(2, 2, 6, 6, [.. Enumerable.Range(7, 5000).Select(index => Frames.Entry(2, (ulong)index, 200))]),
                Frames.Append(2, 2, 5006, 5006),
            ];

            one.Send(sent);

            foreach (RaftMessage message in sent)
            {
                Assert.Equal(Frames.Describe(message), Frames.Describe(await two.Receiver.Messages.ReadAsync(Cancellation)));
            }
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task ActiveSince_MembersThatReachEachOther_IsSet()
    {
        (TestMember one, TestMember two) = await TestMember.StartPairAsync();
        await using (one)
        await using (two)
        {
            Assert.NotNull(one.Transport.ActiveSince(2));
            Assert.Null(one.Transport.ActiveSince(3));
        }
    }
}
