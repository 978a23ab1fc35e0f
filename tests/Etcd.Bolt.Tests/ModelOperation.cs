namespace Etcd.Bolt.Tests;

/// <summary>One step of a random run. The numbers mean what the kind makes of them.</summary>
public readonly record struct ModelOperation(ModelOperationKind Kind, int Bucket, int Key, int Amount);

public enum ModelOperationKind
{
    Put,
    PutLarge,
    PutManyAscending,
    PutManyScattered,
    Delete,
    DeleteMany,
    DeleteByCursor,
    DeleteBucket,
    SetSequence,
    Commit,
    RollBack,
    OpenReader,
    CloseReader,
    Reclaim,
    Reopen,
}
