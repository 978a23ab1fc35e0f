using Etcd.Disk;
using Etcd.Simulation.PlantedBugs;
using Etcd.Simulation.Schedule;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Simulation.Members;

/// <summary>The disk of one machine over the lives of its member.</summary>
internal sealed class MemberDisk(EventQueue queue, SimulationRandom random)
{
    private Action? _powerLost;

    /// <summary>The disk as the running life has it.</summary>
    public SimulatedFileSystem Current { get; private set; } = new(random.Next()) { MappedBytesStable = MappedBytes };

    /// <summary>Bytes of a mapped file that stay at one place; databases of a simulated run are far smaller.</summary>
    private const int MappedBytes = 1 << 20;

    /// <summary>Watches the disk for a new life.</summary>
    /// <param name="life">Ends when power is lost at an operation.</param>
    /// <param name="powerLost">Told then, in an event of its own.</param>
    public void BeginLife(ProcessLife life, Action powerLost)
    {
        _powerLost = powerLost;
        Current.CapacityBytes = long.MaxValue;
        Current.PowerLossAtStep = 0;
        Current.ForgetFailures();
        VoteWritten = null;
        SimulatedFileSystem disk = Current;
        disk.BeforeOperation = operation => Note(disk, life, operation);
    }

    /// <summary>Told at each write of nothing but term and vote whom the member votes for.</summary>
    public Action<ulong>? VoteWritten { get; set; }

    /// <summary>The disk as the member sees it, for one who watches what the member writes.</summary>
    public IFileSystem Watch(IFileSystem disk) => new LyingDisk(disk, NoteVote);

    private bool NoteVote(string path, ReadOnlySpan<byte> written)
    {
        if (VoteWritten is { } told && WalFrames.IsStateAlone(path, written))
        {
            told(WalFrames.VoteIn(written));
        }

        return false;
    }

    /// <summary>Lets power fail at an operation to come.</summary>
    /// <param name="operations">How many still succeed.</param>
    public void LosePowerAfter(int operations) => Current.PowerLossAtStep = Current.Steps + 1 + operations;

    /// <summary>From now on the disk works.</summary>
    public void RemoveFaults()
    {
        Current.PowerLossAtStep = 0;
        Current.CapacityBytes = long.MaxValue;
        Current.ForgetFailures();
    }

    /// <summary>Whether a failure of this life has a disk error that struck, or a full disk, among its causes.</summary>
    public bool Explains(Exception failure) => Current.Explains(failure);

    /// <summary>Leaves the disk as the next life finds it.</summary>
    public void EndLife(bool losesPower)
    {
        // 512 bytes are written wholly or not at all: the one promise of disks that the formats rely on.
        SimulatedFileSystem next = losesPower
            ? Current.AfterPowerLoss(random.Next(), CrashRules.WholeSectors)
            : Current.AfterProcessKill();
        next.MappedBytesStable = MappedBytes;
        Current = next;
    }

    private void Note(SimulatedFileSystem disk, ProcessLife life, DiskOperation operation)
    {
        queue.CheckThread("disk");
        if (life.IsOver)
        {
            return;
        }

        queue.Trace.Mix(((ulong)operation.Kind << 32) | (uint)operation.Step);
        if (disk.PowerLossAtStep != 0 && operation.Step >= disk.PowerLossAtStep)
        {
            // From here on nothing this life does counts, whatever the code above still tries.
            queue.Trace.Tell(queue.NowTicks, $"{life.Name} loses power at {operation.Kind} {operation.Path}");
            life.End();
            queue.Post(TimeSpan.Zero, null, "power lost", () =>
            {
                EndLife(losesPower: true);
                _powerLost?.Invoke();
            });
        }
    }
}
