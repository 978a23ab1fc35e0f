using Etcd.Disk.Linux;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.V2Api;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using Etcd.V2;
using Etcd.V2.Events;

namespace Etcd.Server.Tests.Members;

/// <summary>The v2 tree inside a member: replicated, kept over restarts, expiring.</summary>
public sealed class V2Tests
{
    private readonly SimulatedFileSystem _disk = new();

    // Older guides of etcd show this number: member, attributes and version came before.
    [Fact]
    public async Task Put_FirstOfAFreshMember_HasIndexFour()
    {
        await using TestMember member = await TestMember.StartAsync(_disk);

        V2Event happened = await PutAsync(member, "/1/message", "Hello");

        Assert.Equal(V2Action.Set, happened.Action);
        Assert.Equal(4UL, happened.Node.ModifiedIndex);
    }

    [Theory]
    [InlineData(100_000)] // the tree comes back from the log
    [InlineData(10)] // from the newest snapshot and the log's tail
    public async Task Restart_KeysOfV2_AreKept(int snapshotCount)
    {
        ServerOptions options = TestMember.Options with { SnapshotCount = (ulong)snapshotCount, SnapshotCatchUpEntries = 5 };
        await using (TestMember first = await TestMember.StartAsync(_disk, options))
        {
            for (int i = 0; i < 50; i++)
            {
                await PutAsync(first, $"/1/d/k{i % 7}", $"{i}");
                await first.PutAsync($"k{i}", "v3");
            }
        }

        await using TestMember second = await TestMember.StartAsync(_disk, options);

        Assert.Equal("49", second.Server.V2.Get("/1/d/k0", recursive: false).Event?.Node.Value);
        V2Event next = await PutAsync(second, "/1/x", "y");

        // 3 of the first start, 50 keys, the name published by the second start.
        Assert.Equal(55UL, next.Node.ModifiedIndex);
    }

    [Fact]
    public async Task Propose_LostComparison_IsAResultAndNoFault()
    {
        await using TestMember member = await TestMember.StartAsync(_disk);
        await PutAsync(member, "/1/a", "1");
        Request request = V2Requests.Create(V2Requests.Put, "/1/a");
        request.PrevValue = "other";

        V2Result result = await member.Server.V2.ProposeAsync(request);

        Assert.Equal(new V2Error(V2ErrorCode.CompareFailed, "[other != 1]", 4), result.Error);
    }

    // Real etcd 3.4.10 to 3.4.19 does not start on a log with a record of 10 MiB.
    [Fact]
    public async Task Propose_EntryThatRealEtcdCouldNotRead_IsTooLargeAndOneBelowIsTaken()
    {
        await using TestMember member = await TestMember.StartAsync(_disk);
        Request request = V2Requests.Create(V2Requests.Put, "/1/a");
        request.Val = new string('v', (10 * 1024 * 1024) - (64 * 1024));

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(async () => await member.Server.V2.ProposeAsync(request));

        Assert.Equal(EtcdErrorCode.RequestTooLarge, refusal.Code);
        await PutAsync(member, "/1/a", request.Val[..^1024]);
    }

    [Fact]
    public async Task Tree_NodeWithTtl_ExpiresThroughTheLog()
    {
        await using TestMember member = await TestMember.StartAsync(_disk);
        (Etcd.V2.Watching.V2Watcher? watcher, _) = member.Server.V2.Watch("/1/a", recursive: false, stream: true, sinceIndex: 0);
        using (watcher)
        {
            Request request = V2Requests.Create(V2Requests.Put, "/1/a");
            request.Val = "1";
            request.Expiration = member.Server.V2.NowNanoseconds + 1_000_000;
            await member.Server.V2.ProposeAsync(request);

            Assert.Equal(V2Action.Set, (await watcher!.NextAsync(TestContext.Current.CancellationToken))?.Action);
            Assert.Equal(V2Action.Expire, (await watcher.NextAsync(TestContext.Current.CancellationToken))?.Action);
        }

        Assert.Equal(V2ErrorCode.KeyNotFound, member.Server.V2.Get("/1/a", recursive: false).Error?.Code);
    }

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Start_DataDirectoryOfRealEtcdWithV2Keys_ServesThem()
    {
        using var fixture = new DataDirectoryFixture("v34-full");
        await using TestMember member = await TestMember.StartAsync(
            LinuxFileSystem.Instance, TestMember.Options with { DataDirectory = fixture.DataDirectory });

        Assert.Equal("baz", member.Server.V2.Get("/1/fooA", recursive: false).Event?.Node.Value);
        Assert.Equal("q1", member.Server.V2.Get("/1/queue/00000000000000000008", recursive: false).Event?.Node.Value);
        Assert.True(member.Server.V2.Get("/1/emptydir", recursive: false).Event?.Node.IsDirectory);
    }

    private static async Task<V2Event> PutAsync(TestMember member, string path, string value)
    {
        Request request = V2Requests.Create(V2Requests.Put, path);
        request.Val = value;
        V2Result result = await member.Server.V2.ProposeAsync(request);
        return result.Event ?? throw new InvalidOperationException(result.Error?.Message);
    }
}
