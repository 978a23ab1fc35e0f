using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Members;

// A member whose log takes nothing for a while, and clients that do not stop writing.
public sealed class OverloadTests
{
    private const int WritesMax = 60_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SimulatedFileSystem _disk = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task QueueIsFullOfPuts_LeasesMembersAndMaintenance_GoAheadOfMore()
    {
        await using TestMember member = await TestMember.StartAsync(
            _disk, TestMember.Options with { ElectionTimeout = TimeSpan.FromSeconds(10), StrictReconfigCheck = false, LearnersMax = 1 });
        EtcdServer server = member.Server;
        await server.Leases.GrantAsync(new LeaseGrantRequest { ID = 1, TTL = 600 });
        await server.Leases.GrantAsync(new LeaseGrantRequest { ID = 2, TTL = 600 });
        using var released = new ManualResetEventSlim();
        _disk.BeforeOperation = operation =>
        {
            if (operation.Path.EndsWith(".wal", StringComparison.Ordinal) && operation.Kind is DiskOperationKind.Write or DiskOperationKind.Sync)
            {
                released.Wait(Patience);
            }
        };
        List<Task> writes = [Task.Run(() => member.PutAsync("k", "v"), Cancellation)];
        try
        {
            await FillAsync(member, writes);

            LeaseKeepAliveResponse alive = await server.Leases.RenewAsync(1, Cancellation);
            Task[] urgent =
            [
                server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = 2 }).AsTask(),
                server.Cluster.AddAsync(new MemberAddRequest { PeerURLs = { "http://localhost:9999" }, IsLearner = true }, Cancellation).AsTask(),
                server.Maintenance.AlarmAsync(
                    new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Deactivate, Alarm = AlarmType.Nospace }, Cancellation).AsTask(),
                server.KeyValues.CompactAsync(new CompactionRequest { Revision = 1 }, Cancellation).AsTask(),
            ];
            EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => member.PutAsync("one", "more"));

            Assert.Equal(EtcdErrorCode.TooManyRequests, refusal.Code);
            Assert.Equal(600, alive.TTL);
            Assert.All(urgent, request => Assert.False(request.IsCompleted));
            released.Set();
            await Task.WhenAll(urgent).WaitAsync(Patience, Cancellation);
            Assert.Equal(2, server.Cluster.View.Members.Count);
        }
        finally
        {
            _disk.BeforeOperation = null;
            released.Set();
        }
    }

    // Until the first is refused: from then on the queue is full, as the loop is held up in the log.
    private static async Task FillAsync(TestMember member, List<Task> writes)
    {
        for (int write = 0; write < WritesMax; write++)
        {
            Task<long> put = member.PutAsync("k", "v");
            if (put.IsFaulted)
            {
                Assert.Equal(EtcdErrorCode.TooManyRequests, (await Assert.ThrowsAsync<EtcdException>(() => put)).Code);
                return;
            }

            writes.Add(put);
        }

        Assert.Fail("the queue has no end");
    }
}
