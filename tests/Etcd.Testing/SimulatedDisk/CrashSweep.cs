namespace Etcd.Testing.SimulatedDisk;

/// <summary>Runs a piece of work once for each of its disk operations, losing power there, and looks at what is left.</summary>
public static class CrashSweep
{
    /// <summary>Loses power before every operation of the work, and after the last.</summary>
    /// <param name="prepare">Makes the disk the work starts from; its operations are not counted.</param>
    /// <param name="work">The work; it starts afresh each time. It may keep what it was told is durable for the check.</param>
    /// <param name="check">Looks at the disk after power loss; <c>step</c> and <c>seed</c> are for its messages.</param>
    /// <param name="draws">Different outcomes drawn for each step.</param>
    /// <param name="rules">What power loss may do.</param>
    /// <returns>Number of steps the work has.</returns>
    public static int Run<TState>(
        Func<SimulatedFileSystem> prepare,
        Func<TState> newState,
        Action<SimulatedFileSystem, TState> work,
        Action<SimulatedFileSystem, TState, CrashPoint> check,
        int draws,
        CrashRules? rules = null)
    {
        for (int step = 1; ; step++)
        {
            SimulatedFileSystem disk = prepare();
            TState state = newState();
            disk.PowerLossAtStep = disk.Steps + step;
            bool lost = false;
            try
            {
                work(disk, state);
            }
            catch (PowerLostException)
            {
                lost = true;
            }

            for (int draw = 0; draw < draws; draw++)
            {
                ulong seed = ((ulong)step << 20) + (ulong)draw;
                var point = new CrashPoint(step, seed, lost);
                check(disk.AfterPowerLoss(seed, rules), state, point);
            }

            if (!lost)
            {
                return step - 1;
            }
        }
    }
}

/// <summary>Where and how power was lost: enough to repeat it.</summary>
/// <param name="Step">Operation of the work that did not happen, from 1.</param>
/// <param name="Seed">Seed that decided what survived.</param>
/// <param name="InTheMiddle">Whether the work was cut short, rather than complete.</param>
public readonly record struct CrashPoint(int Step, ulong Seed, bool InTheMiddle);
