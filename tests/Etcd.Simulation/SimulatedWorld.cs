using Etcd.Simulation.Checkers;
using Etcd.Simulation.Clients;
using Etcd.Simulation.Members;
using Etcd.Simulation.Network;
using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation;

/// <summary>Everything there is in one run: members, network, clients, and what is known about what they did.</summary>
internal sealed class SimulatedWorld
{
    private long _values;

    public SimulatedWorld(Scenario scenario, RunTrace trace, SimulationRandom random)
    {
        Scenario = scenario;
        Queue = new EventQueue(trace);
        Network = new SimulatedNetwork(ClusterPlan.HostsMax, Queue, FaultRates.None, random.Fork()) { Bug = scenario.Bug };
        Connections = new ClientConnections(Queue, random.Fork(), Fail) { LossPercent = scenario.Faults.ClientLossPercent };
        History = new StoreHistory(Queue);
    }

    public Scenario Scenario { get; }

    public EventQueue Queue { get; }

    public SimulatedNetwork Network { get; }

    public ClientConnections Connections { get; }

    /// <summary>All machines that ever were part of the cluster.</summary>
    public List<SimulatedMember> Members { get; } = [];

    public StoreHistory History { get; }

    public List<Operation> Operations { get; } = [];

    public List<Operation> SerializableReads { get; } = [];

    public List<LeaseRecord> Leases { get; } = [];

    /// <summary>Whether clients are to begin nothing new.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Whether the run is over for those who only look on.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The first thing that went wrong outside of the event that is running.</summary>
    public Exception? Failure { get; private set; }

    public long NextValue() => ++_values;

    /// <summary>Some machine that takes part, or thinks it does: up or down, but started once and not turned off for good.</summary>
    public SimulatedMember AnyMachine(SimulationRandom random) => random.Pick(Members.FindAll(static member => member is { Lives: > 0, IsGone: false }));

    public void Fail(Exception failure) => Failure ??= failure;

    /// <summary>Runs something that goes on over many events; what it throws ends the run.</summary>
    public async Task SuperviseAsync(Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it must end the run with its text.
        catch (Exception failure)
        {
            Fail(failure);
        }
#pragma warning restore CA1031
    }

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time) => RunUntil(static () => false, time);

    /// <summary>Lets time pass until something holds.</summary>
    /// <param name="condition">Looked at after every event.</param>
    /// <param name="atMost">Time after which it gives up.</param>
    /// <returns>Whether it holds.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan atMost)
    {
        long end = Queue.NowTicks + atMost.Ticks;
        while (!condition())
        {
            bool happened = Queue.RunNext(end);
            if (Failure is { } failure)
            {
                throw new SimulationFailedException(failure.Message, failure);
            }

            if (!happened)
            {
                return condition();
            }
        }

        return true;
    }
}
