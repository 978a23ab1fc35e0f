using Etcd.Disk;

namespace Etcd.Testing.SimulatedDisk;

/// <summary>Runs a piece of work once for each of its disk operations that may need room, with a disk that is full from there on, and looks at what is left.</summary>
/// <remarks>Full as a file system is that writes nothing in place: no write fits any more, not even over what a file holds. Half of the first one does.</remarks>
public static class FullDiskSweep
{
    /// <summary>Fills the disk before every operation of the work that may need room.</summary>
    /// <param name="prepare">Makes the disk the work starts from; its operations are not counted.</param>
    /// <param name="newState">Makes what the work keeps for the check.</param>
    /// <param name="work">The work; it starts afresh each time, and lets the error through or not, as it has to.</param>
    /// <param name="check">Looks at the disk as the ended process has left it, once there is room again.</param>
    /// <returns>Number of operations that were refused first, one in each run.</returns>
    public static int Run<TState>(
        Func<SimulatedFileSystem> prepare,
        Func<TState> newState,
        Action<SimulatedFileSystem, TState> work,
        Action<SimulatedFileSystem, TState, FullDiskPoint> check)
    {
        for (int number = 1; ; number++)
        {
            SimulatedFileSystem disk = prepare();
            TState state = newState();
            int left = number;
            DiskOperation? first = null;
            disk.BeforeOperation = operation =>
            {
                if (NeedsRoom(operation.Kind) && --left <= 0)
                {
                    first ??= operation;
                    throw new DiskFullException(operation.Path);
                }
            };
            bool wasRefused = false;
            try
            {
                work(disk, state);
            }
            catch (Exception failure) when (IsFullDisk(failure))
            {
                wasRefused = true;
            }

            disk.BeforeOperation = null;
            check(disk.AfterProcessKill(), state, new FullDiskPoint(first, wasRefused));
            if (first is null)
            {
                return number - 1;
            }
        }
    }

    private static bool NeedsRoom(DiskOperationKind kind) =>
        kind is DiskOperationKind.Write or DiskOperationKind.SetLength or DiskOperationKind.Preallocate or DiskOperationKind.Create or DiskOperationKind.CreateDirectory;

    private static bool IsFullDisk(Exception? failure) => failure is not null && (failure is DiskFullException || IsFullDisk(failure.InnerException));
}

/// <summary>Where the disk was full.</summary>
/// <param name="First">First operation that was refused; <see langword="null"/> in the last run, in which everything fitted.</param>
/// <param name="WasRefused">Whether the work ended with that error, rather than do without.</param>
public readonly record struct FullDiskPoint(DiskOperation? First, bool WasRefused);
