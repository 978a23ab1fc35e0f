using Etcd.Protocol.Replication;
using Etcd.Server.Apply;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Apply;

public sealed class UnknownEntryTests
{
    // Field 9900 of 3.6. Whoever skipped it would differ from the members that know it; etcd 3.5.30 ends with "not implemented apply" at it.
    [Fact]
    public async Task Entry_OfALaterRelease_StopsTheMember()
    {
        await using TestMember member = await TestMember.StartAsync(new SimulatedFileSystem());
        var request = InternalRaftRequest.Parser.ParseFrom([0xe2, 0xea, 0x04, 0x07, 0x0a, 0x05, (byte)'3', (byte)'.', (byte)'6', (byte)'.', (byte)'0']);

        Task unanswered = member.Server.Proposals.ProposeAsync(request).AsTask();

        Assert.IsType<UnsupportedEntryException>(
            await member.Server.Termination.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<Etcd.Protocol.Errors.EtcdException>(() => unanswered);
    }
}
