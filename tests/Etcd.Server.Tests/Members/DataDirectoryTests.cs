using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Members;

// Files are only as durable as the names that lead to them, and a directory above may belong to somebody else.
public sealed class DataDirectoryTests
{
    private const int Draws = 8;

    [Theory]
    [InlineData("/data/", null)]
    [InlineData("/made/here/data", null)]
    [InlineData("/data", "/made/there/wal")]
    public async Task PowerLoss_AfterTheFirstStart_KeepsWhatWasAcknowledged(string directory, string? walDirectory)
    {
        ServerOptions options = TestMember.Options with { DataDirectory = directory, WalDirectory = walDirectory };
        var disk = new SimulatedFileSystem();
        SimulatedFileSystem[] found;
        await using (TestMember member = await TestMember.StartAsync(disk, options))
        {
            await member.PutAsync("a", "1");
            found = [.. Enumerable.Range(0, Draws).Select(seed => disk.AfterPowerLoss((ulong)seed, CrashRules.WholeSectors))];
        }

        foreach (SimulatedFileSystem left in found)
        {
            await using TestMember recovered = await TestMember.StartAsync(left, options);
            Assert.Equal("1", await recovered.GetAsync("a"));
        }
    }

    // Mode 0711 above the data directory: a name in it can be used, and not listed or synced.
    [Fact]
    public async Task Start_DirectoryAboveCannotBeOpened_GoesOn()
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory("/closed/data");
        disk.BeforeOperation = operation =>
        {
            if (operation is { Kind: DiskOperationKind.SyncDirectory, Path: "/closed" })
            {
                throw new UnauthorizedAccessException("open /closed: Permission denied");
            }
        };

        await using TestMember member = await TestMember.StartAsync(disk, TestMember.Options with { DataDirectory = "/closed/data" });

        await member.PutAsync("a", "1");
    }
}
