namespace Etcd.Testing.SimulatedDisk;

/// <summary>The simulated machine has lost power: nothing reaches the disk any more.</summary>
public sealed class PowerLostException(DiskOperation operation)
    : IOException($"power lost at step {operation.Step}: {operation.Kind} {operation.Path}")
{
    public DiskOperation Operation { get; } = operation;
}
