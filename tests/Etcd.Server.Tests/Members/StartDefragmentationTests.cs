using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Members;

// etcd: --experimental-bootstrap-defrag-threshold-megabytes.
public sealed class StartDefragmentationTests
{
    private const int Megabyte = 1024 * 1024;

    private readonly SimulatedFileSystem _disk = new();

    [Theory]
    [InlineData(0u, false)]
    [InlineData(1u, true)]
    [InlineData(100u, false)]
    public async Task Start_FileHasFreePages_IsMadeSmallerFromTheThresholdOn(uint thresholdMegabytes, bool isMadeSmaller)
    {
        long before;
        await using (TestMember member = await TestMember.StartAsync(_disk, TestMember.Options with { BackendReclaimBytesPerSecond = 0 }))
        {
            for (int write = 0; write < 6; write++)
            {
                await member.PutAsync("large", new string('x', Megabyte));
            }

            while (member.Server.Readings.BackendBytes < 5 * Megabyte)
            {
                // The file grows with the next commit: looked at until it has.
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }

            long revision = await member.PutAsync("large", "small");
            await member.PutAsync("kept", "1");
            await member.Server.KeyValues.CompactAsync(
                new CompactionRequest { Revision = revision, Physical = true }, TestContext.Current.CancellationToken);
            before = member.Server.Readings.BackendBytes;
        }

        await using TestMember again = await TestMember.StartAsync(
            _disk, TestMember.Options with { StartDefragmentationMegabytes = thresholdMegabytes, BackendReclaimBytesPerSecond = 0 });

        Assert.InRange(
            again.Server.Readings.BackendBytes, isMadeSmaller ? 1 : before - Megabyte, isMadeSmaller ? before - Megabyte : long.MaxValue);
        Assert.Equal("small", await again.GetAsync("large"));
        Assert.Equal("1", await again.GetAsync("kept"));
        DeleteRangeResponse deletion = await again.Server.KeyValues.DeleteRangeAsync(
            new DeleteRangeRequest { Key = ByteString.CopyFromUtf8("kept") });
        Assert.Equal(1, deletion.Deleted);
    }
}
