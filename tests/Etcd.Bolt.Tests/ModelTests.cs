using FsCheck;
using FsCheck.Fluent;

namespace Etcd.Bolt.Tests;

/// <summary>Random runs of changes, commits, roll-backs, readers and reopenings behave as a sorted map in memory does.</summary>
public sealed class ModelTests
{
    // More changes than ends, so that transactions hold several.
    private static readonly Gen<ModelOperationKind> Kinds = Gen.Frequency(
        (6, Gen.Constant(ModelOperationKind.Put)),
        (2, Gen.Constant(ModelOperationKind.PutLarge)),
        (4, Gen.Constant(ModelOperationKind.PutManyAscending)),
        (4, Gen.Constant(ModelOperationKind.PutManyScattered)),
        (4, Gen.Constant(ModelOperationKind.Delete)),
        (4, Gen.Constant(ModelOperationKind.DeleteMany)),
        (4, Gen.Constant(ModelOperationKind.DeleteByCursor)),
        (1, Gen.Constant(ModelOperationKind.DeleteBucket)),
        (1, Gen.Constant(ModelOperationKind.SetSequence)),
        (5, Gen.Constant(ModelOperationKind.Commit)),
        (3, Gen.Constant(ModelOperationKind.Reclaim)),
        (1, Gen.Constant(ModelOperationKind.RollBack)),
        (2, Gen.Constant(ModelOperationKind.OpenReader)),
        (2, Gen.Constant(ModelOperationKind.CloseReader)),
        (1, Gen.Constant(ModelOperationKind.Reopen)));

    private static readonly Gen<ModelOperation> Operations =
        from kind in Kinds
        from bucket in Gen.Choose(0, 5)
        from key in Gen.Choose(0, 2999)
        from amount in Gen.Choose(0, 1500)
        select new ModelOperation(kind, bucket, key, amount);

    [Theory]
    [InlineData(1024, false)]
    [InlineData(4096, false)]
    [InlineData(1024, true)]
    public void Database_AnyRunOfOperations_BehavesAsASortedMap(int pageSizeBytes, bool storeFreelist)
    {
        Arbitrary<ModelOperation[]> runs = Arb.From(Gen.ArrayOf(Operations), Shrink);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(80);

        Prop.ForAll(runs, run => Run(run, pageSizeBytes, storeFreelist)).Check(config);
    }

    private static void Run(ModelOperation[] run, int pageSizeBytes, bool storeFreelist)
    {
        using var model = new ModelRun(new BoltOptions { PageSizeBytes = pageSizeBytes, StoreFreelist = storeFreelist });
        model.Run(run);
    }

    /// <summary>A failing run is made shorter: each half, then without each single operation.</summary>
    private static IEnumerable<ModelOperation[]> Shrink(ModelOperation[] run)
    {
        if (run.Length > 1)
        {
            yield return run[..(run.Length / 2)];
            yield return run[(run.Length / 2)..];
        }

        for (int i = 0; i < run.Length && run.Length > 1; i++)
        {
            yield return [.. run[..i], .. run[(i + 1)..]];
        }
    }
}
