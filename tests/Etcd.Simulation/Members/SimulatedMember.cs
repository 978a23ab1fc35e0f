using System.Globalization;

using Etcd.Server;
using Etcd.Server.Bootstrap;
using Etcd.Simulation.Network;
using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

using Microsoft.Extensions.Logging;

namespace Etcd.Simulation.Members;

/// <summary>One machine with its disk, and the member that lives on it, dies, and is started again.</summary>
internal sealed class SimulatedMember
{
    private const string WalDirectory = "/data/member/wal";

    private readonly EventQueue _queue;
    private readonly Scenario _scenario;
    private readonly SimulatedNetwork _network;
    private readonly SimulationRandom _random;
    private readonly MemberDisk _disk;
    private readonly ILoggerFactory _loggers;
    private readonly Func<Task, Task> _supervise;
    private readonly double _clockRate;
    private SimulatedClock? _clock;
    private TimeSpan _wallOffset;

    public SimulatedMember(
        int host, EventQueue queue, Scenario scenario, SimulatedNetwork network, SimulationRandom random, ServerOptions options,
        Func<Task, Task> supervise)
    {
        Host = host;
        Options = options;
        _queue = queue;
        _scenario = scenario;
        _network = network;
        _supervise = supervise;
        _random = random;
        _disk = new MemberDisk(queue, random.Fork());
        _loggers = queue.Trace.IsRead ? new TraceLoggerFactory(queue, options.Name) : Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;
        double skew = scenario.Faults.ClockRatePercentMax / 100;
        _clockRate = 1 + (skew * (random.Between(-1000, 1000) / 1000.0));
        _wallOffset = random.Between(TimeSpan.FromSeconds(-10), TimeSpan.FromSeconds(10));
    }

    /// <summary>Number of the machine, from 0.</summary>
    public int Host { get; }

    public ServerOptions Options { get; set; }

    public string Name => Options.Name;

    public MemberDisk Disk => _disk;

    /// <summary>The running life, or the last one.</summary>
    public ProcessLife Life { get; private set; } = EndedLife();

    /// <summary>The running member, or the last one.</summary>
    public EtcdServer? Server { get; private set; }

    /// <summary>Whether it runs, paused or not.</summary>
    public bool IsUp => !Life.IsOver && Server is not null;

    /// <summary>Lives so far.</summary>
    public int Lives { get; private set; }

    /// <summary>Whether this life is on its way to a stop that was asked for.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Whether it belongs to the cluster, as far as whoever runs it knows.</summary>
    public bool IsListed { get; set; }

    /// <summary>Whether somebody has asked for its removal, with success or not.</summary>
    public bool IsRemovalAsked { get; set; }

    /// <summary>Whether the machine is off for good.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Whether it has still to find out about the cluster that it was added to.</summary>
    public bool IsYetToJoin => Options.JoinsExistingCluster && !_disk.Current.DirectoryExists(WalDirectory);

    /// <summary>Told when a life ends by itself; with the fault, or <see langword="null"/> when power was lost.</summary>
    public Action<SimulatedMember, Exception?>? Ended { get; set; }

    /// <summary>Bytes that were moved to the front of the database in this life, or the last one, to give its end back.</summary>
    public long CountMovedBytes() => Server?.Readings.BackendReclaimed.MovedBytes ?? 0;

    /// <summary>Starts the member on what its disk holds.</summary>
    public void Start()
    {
        var life = new ProcessLife($"{Name}.{++Lives}");
        Life = life;
        Server = null;
        IsStopping = false;
        if (Lives > 1)
        {
            _scenario.Bug.Tamper(_disk.Current);
        }

        _disk.BeginLife(life, () => Ended?.Invoke(this, null));
        _queue.Trace.Tell(_queue.NowTicks, $"{life.Name} starts");
        var clock = new SimulatedClock(_queue, life, _clockRate, WallStart) { WallOffset = _wallOffset };
        _clock = clock;
        var execution = new SimulatedExecution(_queue, life, new WorkDelays(), _random.Fork());
        var queries = new SimulatedQueries(_network, _queue, this, life);
        var network = new MemberNetwork(_network, Host, life, queries, clock.TimestampOf);
        _ = _supervise(StartAsync(life, EtcdServer.StartAsync(Options with { Seed = _random.Next() }, _disk.Watch(_scenario.Bug.Wrap(_disk.Current)), clock, _loggers, network, execution)));
    }

    private async Task StartAsync(ProcessLife life, Task<EtcdServer> starting)
    {
        EtcdServer server;
        try
        {
            server = await starting.ConfigureAwait(false);
        }
        catch (Exception) when (life.IsOver)
        {
            // Power was lost in the middle of it.
            return;
        }
        catch (BootstrapException failure) when (MayEndBy(failure))
        {
            _queue.Trace.Tell(_queue.NowTicks, $"{life.Name} cannot start: {failure.Message}");
            life.End();
            Ended?.Invoke(this, failure);
            return;
        }

        if (!life.IsOver)
        {
            Server = server;
            _ = _supervise(ReportTerminationAsync(server, life));
        }
    }

    /// <summary>Whether a failure may end the running life: a disk error that struck is among its causes. A member that has yet to join may also
    /// find another cluster than the one it was told of; it is told anew then, and tries again.</summary>
    public bool MayEndBy(Exception failure) => _disk.Explains(failure) || (failure is BootstrapException && IsYetToJoin);

    /// <summary>Whether somebody who asks the member may meet this failure, beside its refusals: the member has ended meanwhile, or its disk
    /// has failed. One that is stopping still owes an answer or a refusal.</summary>
    /// <param name="life">The life that was asked.</param>
    /// <param name="failure">What came back.</param>
    public bool MayFailAsker(ProcessLife life, Exception failure) => life.IsOver || _disk.Explains(failure);

    /// <summary>Ends the life at once.</summary>
    /// <param name="losesPower">Whether the machine goes down with it.</param>
    public void Kill(bool losesPower)
    {
        _queue.Trace.Tell(_queue.NowTicks, $"{Life.Name} {(losesPower ? "loses power" : "is killed")}");
        Life.End();
        _disk.EndLife(losesPower);
    }

    /// <summary>Asks the member to stop, and waits for it.</summary>
    /// <param name="handsOver">Whether it is to hand over leadership first.</param>
    /// <returns><see langword="false"/> when its life has ended otherwise before.</returns>
    public async Task<bool> StopAsync(bool handsOver)
    {
        ProcessLife life = Life;
        EtcdServer server = Server!;
        IsStopping = true;
        _queue.Trace.Tell(_queue.NowTicks, $"{life.Name} is asked to stop");
        try
        {
            if (handsOver)
            {
                await server.HandOverLeadershipAsync().ConfigureAwait(false);
            }

            await server.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (life.IsOver || _disk.Explains(failure))
        {
            // The disk failed while the files were closed.
        }

        if (life.IsOver)
        {
            return false;
        }

        _queue.Trace.Tell(_queue.NowTicks, $"{life.Name} has stopped");
        life.End();
        _disk.EndLife(losesPower: false);
        return true;
    }

    /// <summary>Ends whatever runs on the machine, for good.</summary>
    public void TurnOff()
    {
        IsGone = true;
        if (!Life.IsOver)
        {
            Kill(losesPower: false);
        }
    }

    /// <summary>How often the log went on in a new segment.</summary>
    public int CountSegmentCuts() => !_disk.Current.DirectoryExists(WalDirectory) ? 0 : _disk.Current.List(WalDirectory)
        .Where(static name => name.EndsWith(".wal", StringComparison.Ordinal))
        .Max(static name => int.Parse(name.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>Lets the wall clock of the machine jump.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        _wallOffset += by;
        _clock?.WallOffset = _wallOffset;
    }

    private static DateTimeOffset WallStart { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static ProcessLife EndedLife()
    {
        var life = new ProcessLife("none");
        life.End();
        return life;
    }

    private async Task LeaveAsync(ProcessLife life)
    {
        if (!IsRemovalAsked)
        {
            throw new SimulationFailedException($"{life.Name} took itself for removed, although nobody has asked for its removal");
        }

        await StopAsync(handsOver: false).ConfigureAwait(false);
        if (life.IsOver && life == Life)
        {
            IsGone = true;
        }
    }

    private async Task ReportTerminationAsync(EtcdServer server, ProcessLife life)
    {
        Exception? fault = await server.Termination.ConfigureAwait(false);
        if (!life.IsOver && IsStopping && fault is not null && !MayEndBy(fault))
        {
            throw new SimulationFailedException($"{life.Name} failed while it stopped: {fault.Message}", fault);
        }

        if (life.IsOver || IsStopping)
        {
            return;
        }

        if (fault is null)
        {
            await LeaveAsync(life).ConfigureAwait(false);
        }
        else
        {
            IsStopping = false;
            _queue.Trace.Tell(_queue.NowTicks, $"{life.Name} ends: {fault.Message}");
            life.End();
            _queue.Post(TimeSpan.Zero, null, "ended", () => Ended?.Invoke(this, fault));
        }
    }
}
