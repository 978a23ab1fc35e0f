using Etcd.Backup;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

public sealed class BackupGenerationTests
{
    private const string Kept = "/kept";

    private readonly SimulatedFileSystem _disk = new();

    public BackupGenerationTests() => _disk.CreateDirectory(Kept);

    // The newest had been the one of the highest revision: the base just taken was deleted.
    [Fact]
    public void All_AHistoryBeganAtALowerRevision_ComesAfterThatBefore()
    {
        BackupGeneration[] expected = [new(Kept, 0x1000), new(Kept, 0x2000), new(Kept, 0x800, 2), new(Kept, 0x3000, 2), new(Kept, 1, 10), new(Kept, 2, 10_001)];
        foreach (BackupGeneration generation in expected.Reverse())
        {
            Write(_disk, generation.BasePath, [1]);
        }

        Assert.Equal(expected, BackupGeneration.All(_disk, Kept));
    }

    [Fact]
    public void All_OtherFiles_AreNoGenerations()
    {
        foreach (string name in new[] { "base-h2.db", "base-hx-1.db", "base-.db", "base-h-0000000000000001.db", "base-0000000000000001.db.part", "lock" })
        {
            Write(_disk, $"{Kept}/{name}", [1]);
        }

        Assert.Empty(BackupGeneration.All(_disk, Kept));
    }

    // The directory need not be the keeper's alone: a download somebody has under way is not deleted.
    [Theory]
    [InlineData("base-0000000000000001.db.part", true)]
    [InlineData("base-h0002-0000000000000001.db.part", true)]
    [InlineData("changes-0000000000000001.log.part", true)]
    [InlineData("changes-0000000000000001.log", false)]
    [InlineData("other.part", false)]
    public void IsUnfinished_AnyFile_OnlyThoseOfTheBackup(string name, bool expected) => Assert.Equal(expected, BackupGeneration.IsUnfinished(name));

    [Fact]
    public void Paths_OfTheFirstHistory_AreThoseOfDirectoriesWithoutHistories()
    {
        var generation = new BackupGeneration(Kept, 0x12ab);

        Assert.Equal("/kept/base-00000000000012ab.db", generation.BasePath);
        Assert.Equal("/kept/changes-00000000000012ab.log", generation.ChangesPath);
    }

    [Fact]
    public void Delete_TwoHistoriesHaveTheRevision_DeletesTheFilesOfOneWithWhatWasCutOff()
    {
        BackupGeneration old = new(Kept, 5), other = new(Kept, 5, 2);
        foreach (BackupGeneration generation in new[] { old, other })
        {
            Write(_disk, generation.BasePath, [1]);
            Write(_disk, generation.ChangesPath, [1]);
            Write(_disk, generation.ChangesPath + ".cut-1", [1]);
        }

        old.Delete(_disk);

        Assert.Equal(
            ["base-h0002-0000000000000005.db", "changes-h0002-0000000000000005.log", "changes-h0002-0000000000000005.log.cut-1"], _disk.List(Kept));
    }
}
