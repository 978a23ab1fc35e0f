using Etcd.Disk.Linux;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

namespace Etcd.Server.Tests.Members;

/// <summary>What is deleted and compacted leaves the file, and the member does it by itself.</summary>
public sealed class SpaceTests : IDisposable
{
    private const int Keys = 600;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    private string DatabasePath => Path.Combine(_directory.File("data"), "member", "snap", "db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Compaction_FourFifthsWereDeleted_TheFileShrinksByItself()
    {
        await using TestMember member = await StartAsync(bytesPerSecond: 100 << 20);
        await FillAsync(member);
        (long size, long fileBytes) = (member.Server.Readings.BackendBytes, new FileInfo(DatabasePath).Length);

        await DeleteAndCompactAsync(member);

        using var limit = new CancellationTokenSource(Patience);
        while (member.Server.Readings.BackendBytes > size / 3 || member.Server.Readings.BackendReclaimed.IsActive)
        {
            // There is no event to await: looked at until it is so.
            await Task.Delay(20, limit.Token);
        }

        Assert.True(member.Server.Readings.BackendReclaimed.MovedBytes > 0);
        Assert.InRange(new FileInfo(DatabasePath).Length, member.Server.Readings.BackendBytes, fileBytes - (size / 2));
        Assert.Equal(new FileInfo(DatabasePath).Length, member.Server.Readings.BackendFileBytes);
        StatusResponse status = member.Server.Maintenance.Status();
        Assert.InRange(status.DbSize, status.DbSizeInUse, size / 3);
        Assert.Equal(Keys / 5, (await member.AllAsync()).Kvs.Count);
    }

    [Fact]
    public async Task Compaction_SwitchedOff_LeavesTheFileAsItIs()
    {
        await using TestMember member = await StartAsync(bytesPerSecond: 0);
        await FillAsync(member);
        (long size, long fileBytes) = (member.Server.Readings.BackendBytes, new FileInfo(DatabasePath).Length);

        await DeleteAndCompactAsync(member);
        for (int i = 0; i < 5; i++)
        {
            await member.PutAsync("more", $"{i}");

            // It commits.
            member.Server.Maintenance.Hash();
        }

        Assert.False(member.Server.Readings.BackendReclaimed.IsActive);
        Assert.True(member.Server.Readings.BackendBytes >= size);
        Assert.Equal(fileBytes, new FileInfo(DatabasePath).Length);
    }

    private static async Task FillAsync(TestMember member)
    {
        string value = new('v', 10_000);
        for (int key = 0; key < Keys; key++)
        {
            await member.PutAsync($"key/{key:D4}", value);
        }

        // A hash is taken of what is in the file.
        member.Server.Maintenance.Hash();
    }

    private static async Task DeleteAndCompactAsync(TestMember member)
    {
        long revision = 0;
        for (int key = 0; key < Keys; key++)
        {
            if (key % 5 != 0)
            {
                DeleteRangeResponse reply = await member.Server.KeyValues.DeleteRangeAsync(
                    new DeleteRangeRequest { Key = ByteString.CopyFromUtf8($"key/{key:D4}") });
                revision = reply.Header.Revision;
            }
        }

        await member.Server.KeyValues.CompactAsync(new CompactionRequest { Revision = revision, Physical = true }, CancellationToken.None);
    }

    private Task<TestMember> StartAsync(long bytesPerSecond) => TestMember.StartAsync(
        LinuxFileSystem.Instance,
        TestMember.Options with
        {
            DataDirectory = _directory.File("data"),
            BackendReclaimBytesPerSecond = bytesPerSecond,
            BackendReclaimFreeBytesMin = 256 << 10,
        });
}
