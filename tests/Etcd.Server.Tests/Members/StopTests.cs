using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Bootstrap;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Members;

// A member ends whatever state it is in: at once, without an exception, and with its files closed.
public sealed class StopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SimulatedFileSystem _disk = new();

    // SIGTERM while the member was still waiting for its first writes ended the program with an unhandled exception.
    [Fact]
    public async Task Stop_BeforeTheMemberHasPublishedItself_ClosesTheFiles()
    {
        EtcdServer early = await EtcdServer.StartAsync(
            TestMember.Options, _disk, TimeProvider.System, NullLoggerFactory.Instance, LonePeerNetwork.Instance,
            TestContext.Current.CancellationToken);
        await early.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

        await using TestMember second = await TestMember.StartAsync(_disk);

        Assert.Equal(2, await second.PutAsync("a", "1"));
    }

    // The record of a snapshot was waited for although the log writer, which had failed, would never write it.
    [Fact]
    public async Task Stop_LogFailedWhileASnapshotWasTaken_DoesNotWaitForItsRecord()
    {
        ServerOptions options = TestMember.Options with { SnapshotCount = 10 };
        TestMember member = await TestMember.StartAsync(_disk, options);
        bool snapshotStands = false;
        _disk.BeforeOperation = operation =>
        {
            // A segment that was renamed is still told by the name it was opened under.
            snapshotStands |= operation.Path.Contains(".snap", StringComparison.Ordinal);
            bool isLog = operation.Path.Contains("/member/wal", StringComparison.Ordinal);
            if (snapshotStands && isLog && operation.Kind is DiskOperationKind.Write or DiskOperationKind.Sync)
            {
                throw new IOException("the disk does not answer");
            }
        };

        await Assert.ThrowsAsync<EtcdException>(async () =>
        {
            while (true)
            {
                await member.PutAsync("a", "1");
            }
        });

        Assert.NotNull(await member.Server.Termination.WaitAsync(Patience, TestContext.Current.CancellationToken));
        await member.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    // etcd: "etcdserver: server stopped", which clients retry elsewhere; "too many requests" tells them to slow down.
    [Fact]
    public async Task ConfirmedRead_AfterTheStop_SaysThatTheServerStopped()
    {
        TestMember member = await TestMember.StartAsync(_disk);
        await member.DisposeAsync();

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(() => member.Server.KeyValues.ConfirmedRangeAsync(
            new RangeRequest { Key = ByteString.CopyFromUtf8("a") }, TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(EtcdErrorCode.Stopped, refusal.Code);
    }

    // A second process on the directory took the first one's unfinished files for leftovers of a crash.
    [Fact]
    public async Task Start_DirectoryInUse_LeavesTheOwnersUnfinishedFilesAlone()
    {
        await using TestMember owner = await TestMember.StartAsync(_disk);
        const string Unfinished = "/data/member/snap/tmpabc.part";
        _disk.Open(Unfinished, Disk.FileOpening.CreateNew).Dispose();

        await Assert.ThrowsAsync<BootstrapException>(() => TestMember.StartAsync(_disk));

        Assert.True(_disk.FileExists(Unfinished));
    }
}
