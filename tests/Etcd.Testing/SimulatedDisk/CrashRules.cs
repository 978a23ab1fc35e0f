namespace Etcd.Testing.SimulatedDisk;

/// <summary>What a loss of power may do to writes that were not synced.</summary>
public sealed record CrashRules
{
    /// <summary>Every sector and directory entry may survive or not, and a sector may be torn.</summary>
    public static CrashRules Harsh { get; } = new();

    /// <summary>A sector is written wholly or not at all, as disks promise for 512 bytes.</summary>
    public static CrashRules WholeSectors { get; } = new() { TearsSectors = false };

    /// <summary>Whether a sector may hold the head of its new content and the tail of its old.</summary>
    public bool TearsSectors { get; init; } = true;
}
