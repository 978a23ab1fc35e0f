using Etcd.Mvcc.Watch;
using Etcd.Protocol.Kv;
using Etcd.Simulation.Checkers;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Clients;

/// <summary>A client that watches a range of keys: on one member until that one goes, or until it is tired of it, then on another from where it was.</summary>
internal sealed class WatchClient
{
    private readonly SimulatedWorld _world;
    private readonly SimulationRandom _random;
    private readonly WatchSpec _spec;
    private readonly List<(long Revision, List<WatchedChange> Changes)> _received = [];

    private SimulatedMember? _member;
    private ProcessLife? _life;
    private WatchStream? _stream;
    private long _connectedFrom;

    public WatchClient(string name, SimulatedWorld world, SimulationRandom random)
    {
        _world = world;
        _random = random;
        (string first, string end) = ChooseRange();
        bool wantsPrevious = random.Percent(50);
        Session = new WatchSession(name, first, end) { WantsPrevious = wantsPrevious };
        _spec = new WatchSpec
        {
            Key = System.Text.Encoding.UTF8.GetBytes(first),
            RangeEnd = System.Text.Encoding.UTF8.GetBytes(end),
            WithPreviousKeyValue = wantsPrevious,
            WantsProgressNotices = random.Percent(50),
            AllowsFragments = random.Percent(50),
        };
    }

    public WatchSession Session { get; }

    /// <summary>Watches until the run ends. What a member has sent is taken at random times: at once, or long after.</summary>
    public async Task RunAsync()
    {
        TimeSpan slowness = TimeSpan.FromMilliseconds(_random.Pick([5, 20, 500]));
        while (!_world.HasEnded)
        {
            TimeSpan pause = _random.Between(TimeSpan.FromMilliseconds(1), _world.IsQuiet ? TimeSpan.FromMilliseconds(50) : slowness);
            await _world.Queue.DelayAsync(pause).ConfigureAwait(false);
            if (_stream is null || _life!.IsOver || (!_world.IsQuiet && _random.Percent(2)))
            {
                Reconnect();
            }
            else if (!_life.IsPaused && !_world.HasEnded)
            {
                TakeAll();
            }
        }
    }

    private (string First, string End) ChooseRange()
    {
        int group = _random.Below(_world.Scenario.KeyGroups);
        string key = Keys.Of(group, _random.Below(_world.Scenario.KeysPerGroup));
        return _random.Below(3) switch
        {
            0 => (key, key + "\u0001"),
            1 => (Keys.FirstOf(group).ToStringUtf8(), Keys.EndOf(group).ToStringUtf8()),
            _ => ("a", "z"),
        };
    }

    private void Reconnect()
    {
        _received.Clear();
        if (_stream is not null && !_life!.IsOver && !_life.IsPaused)
        {
            _stream.Dispose();
        }

        _stream = null;
        SimulatedMember target = _world.AnyMachine(_random);
        if (target is not { IsUp: true, IsStopping: false } || target.Life.IsPaused)
        {
            return;
        }

        _member = target;
        _life = target.Life;
        _connectedFrom = Session.Next;
        _stream = target.Server!.Watches.OpenStream();
        _stream.Create(_spec with { StartRevision = Session.Next });
    }

    private void TakeAll()
    {
        if (_random.Percent(10))
        {
            _stream!.RequestProgress();
        }

        // Now and then only some of it: the rest waits in the member.
        int most = _random.Percent(20) ? 1 : int.MaxValue;
        for (int taken = 0; taken < most && _stream is not null && _stream.TryTake(out WatchNotice notice); taken++)
        {
            if (_world.Scenario.Bug.Tamper(notice) is { } told)
            {
                Take(told);
            }
        }
    }

    private void Take(in WatchNotice notice)
    {
        _world.Queue.Trace.Mix((ulong)notice.Revision);
        switch (notice.Kind)
        {
            case WatchNoticeKind.Created:
                if (_connectedFrom == 0)
                {
                    Session.From = notice.Revision + 1;
                    Session.Next = Session.From;
                }

                break;
            case WatchNoticeKind.Events:
                TakeEvents(notice);
                break;
            case WatchNoticeKind.Progress:
                TakeProgress(notice.Revision);
                break;
            case WatchNoticeKind.Compacted:
                TakeCompacted(notice.CompactRevision);
                break;
            default:
                throw new SimulationFailedException($"{Session.Name}: unexpected notice {notice.Kind} from {_life!.Name}: {notice.Reason}");
        }
    }

    private void TakeEvents(in WatchNotice notice)
    {
        foreach (ReadOnlyMemory<byte> encoded in notice.Events.Span)
        {
            Event message = Event.Parser.ParseFrom(encoded.Span);
            long revision = message.Kv.ModRevision;
            if (revision < Session.Next)
            {
                throw new SimulationFailedException(
                    $"{Session.Name}: {_life!.Name} sent revision {revision}, but everything below {Session.Next} had been delivered");
            }

            if (_received.Count == 0 || _received[^1].Revision != revision)
            {
                _received.Add((revision, []));
            }

            _received[^1].Changes.Add(new WatchedChange(
                StoreHistory.Read(message), message.PrevKv?.Value.ToStringUtf8(), _world.History.CompactionAskedMax));
        }

        if (notice.IsFragment)
        {
            // The rest of the revision follows; until it is here the client has not got the revision.
            return;
        }

        foreach ((long revision, List<WatchedChange> changes) in _received)
        {
            Session.Delivered.Add((revision, changes));
            Session.Next = revision + 1;
        }

        _received.Clear();
    }

    private void TakeProgress(long revision)
    {
        if (_received.Count > 0)
        {
            throw new SimulationFailedException($"{Session.Name}: progress at {revision} in the middle of a revision");
        }

        // Its meaning: nothing at or below it is still to come. A client resumes behind it.
        Session.Progress = Math.Max(Session.Progress, revision);
        Session.Next = Math.Max(Session.Next, revision + 1);
    }

    private void TakeCompacted(long compactRevision)
    {
        if (compactRevision <= Session.Next)
        {
            throw new SimulationFailedException(
                $"{Session.Name}: {_life!.Name} ends the watcher at compaction {compactRevision}, although it needs only {Session.Next}");
        }

        if (!_world.History.IsCompactionAsked(compactRevision))
        {
            throw new SimulationFailedException(
                $"{Session.Name}: {_life!.Name} ends the watcher at compaction {compactRevision}, for which nobody has asked");
        }

        Session.Compacted.Add((Session.Next, compactRevision - 1));
        Session.Next = compactRevision;
        _stream!.Dispose();
        _stream = null;
    }
}
