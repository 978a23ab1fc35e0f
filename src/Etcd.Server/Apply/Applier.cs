using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Pumps;
using Etcd.V2;

using Google.Protobuf;

namespace Etcd.Server.Apply;

/// <summary>The apply thread: sole writer of the state machines. One pass takes all committed entries that have gathered, answers their
/// callers together, and tells the consensus loop how far it has come.</summary>
internal sealed class Applier : IDisposable
{
    /// <summary>Up to here the work is cheaper than the hand-over to the apply thread; above, the two threads share it.</summary>
    private const int EntriesAppliedHereMax = 4;

    /// <summary>First byte of an encoded <see cref="InternalRaftRequest"/> that is a put; other requests may take any time.</summary>
    private const byte PutTag = 0x22;

    // In the inbox, a wish to send snapshots; there is nothing to apply in it.
    private static readonly RaftMessage SnapshotsWanted = new() { Type = MessageType.Snapshot };

    private readonly Backend _backend;
    private readonly RequestApplier _requests;
    private readonly MembershipApplier _membership;
    private readonly V2Applier _v2;
    private readonly ApplyHooks _hooks;
    private readonly SlowApplyLog _slow;
    private readonly ForwardedRequests _forwarded;
    private readonly Action<RaftInput> _report;
    private readonly Execution _execution;
    private readonly CancellationToken _stopping;
    private readonly Pump<RaftMessage> _pump;

    private ulong _recoveredIndex;
    private ulong _appliedIndex;
    private ulong _appliedTerm;

    internal Applier(
        Backend backend,
        RequestApplier requests,
        MembershipApplier membership,
        V2Applier v2,
        ApplyHooks hooks,
        SlowApplyLog slow,
        ForwardedRequests forwarded,
        SnapshotMetadata applied,
        Action<RaftInput> report,
        Execution execution,
        Action<Exception> fault,
        CancellationToken stopping)
    {
        _backend = backend;
        _recoveredIndex = backend.ConsistentIndex;
        _requests = requests;
        _membership = membership;
        _v2 = v2;
        _hooks = hooks;
        _slow = slow;
        _forwarded = forwarded;
        _appliedIndex = applied.Index;
        _appliedTerm = applied.Term;
        Configuration = applied.ConfState;
        _report = report;
        _execution = execution;
        _stopping = stopping;
        _pump = execution.CreatePump<RaftMessage>("etcd-apply", int.MaxValue, Pass, fault);
    }

    /// <summary>Highest applied index; safe on any thread.</summary>
    internal ulong AppliedIndex => Volatile.Read(ref _appliedIndex);

    /// <summary>Configuration after the last applied entry; the apply thread's own.</summary>
    internal ConfState Configuration { get; private set; }

    /// <summary>Starts the thread.</summary>
    internal void Start() => _pump.Start();

    /// <summary>Hands over committed entries, or a durable snapshot to install. Raft bounds what is under way by its uncommitted limit.</summary>
    internal void Post(RaftMessage message) => _pump.Post(message);

    /// <summary>Asks for <see cref="ApplyHooks.SendSnapshots"/> between two passes, on the apply thread itself.</summary>
    internal void RequestSnapshots() => _pump.Post(SnapshotsWanted);

    /// <summary>Applies a small message on the calling thread, if no earlier one is under way.</summary>
    /// <param name="message">The message.</param>
    /// <param name="anyRequest">Whether requests of any kind will do, or only those that are quick.</param>
    /// <returns><see langword="false"/> when there is, when the message is not small, or when it changes the configuration, for which apply
    /// waits for the very loop that calls this.</returns>
    internal bool TryApplyHere(RaftMessage message, bool anyRequest)
    {
        if (message.Entries.Length > EntriesAppliedHereMax)
        {
            return false;
        }

        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            if (entry.Type != EntryType.Normal || !(anyRequest || entry.Data.IsEmpty || entry.Data.Span[0] == PutTag))
            {
                return false;
            }
        }

        return _pump.TryRunHere(message);
    }

    /// <summary>Applies what was handed over and ends.</summary>
    internal void Stop() => _pump.Stop();

    /// <inheritdoc />
    public void Dispose() => _pump.Dispose();

    private void Pass(List<RaftMessage> messages)
    {
        _hooks.PassBegan();
        int begin = 0;
        for (int at = 0; at < messages.Count; at++)
        {
            if (messages[at].Snapshot is { } snapshot)
            {
                ApplyEntries(messages, begin, at);
                Install(messages[at], snapshot);
                begin = at + 1;
            }
        }

        ApplyEntries(messages, begin, messages.Count);
        _hooks.PassEnded(_appliedIndex, _appliedTerm, Configuration);
        if (messages.Contains(SnapshotsWanted))
        {
            _hooks.SendSnapshots(new SnapshotMetadata(_appliedIndex, _appliedTerm, Configuration));
        }
    }

    private void ApplyEntries(List<RaftMessage> messages, int begin, int end)
    {
        var replies = new ReplyBatch();
        for (int at = begin; at < end; at++)
        {
            foreach (ref readonly Entry entry in messages[at].Entries.Span)
            {
                Apply(entry, replies);
            }
        }

        if (!replies.IsEmpty)
        {
            replies.Deliver(_execution);
        }

        for (int at = begin; at < end; at++)
        {
            if (!messages[at].Entries.IsEmpty)
            {
                _report(new RaftInput(RaftInputKind.Applied, messages[at]));
            }
        }
    }

    // Requests whose entries the snapshot stands for are not answered here any more: what became of them cannot be told from it.
    private void Install(RaftMessage message, Snapshot snapshot)
    {
        _hooks.Install(snapshot, _appliedIndex);
        _recoveredIndex = _backend.ConsistentIndex;
        _appliedTerm = snapshot.Metadata.Term;
        Configuration = snapshot.Metadata.ConfState;
        Volatile.Write(ref _appliedIndex, snapshot.Metadata.Index);
        _hooks.Installed(message);
    }

    private void Apply(in Entry entry, ReplyBatch replies)
    {
        if (entry.Index != _appliedIndex + 1)
        {
            throw new InvalidOperationException($"entry {entry.Index} follows {_appliedIndex}: the log has a gap");
        }

        // What the backend already holds is not applied to it again after a restart; the member list in memory is (see MembershipApplier).
        bool isInBackend = entry.Index <= _recoveredIndex;
        if (entry.Type == EntryType.Normal)
        {
            ApplyNormal(entry, isInBackend, replies);
        }
        else
        {
            ApplyConfiguration(entry, isInBackend, replies);
        }

        if (!isInBackend)
        {
            _backend.EndEntry(entry.Index, entry.Term);
        }

        _appliedTerm = entry.Term;
        Volatile.Write(ref _appliedIndex, entry.Index);
    }

    private void ApplyNormal(in Entry entry, bool isInBackend, ReplyBatch replies)
    {
        if (entry.Data.IsEmpty)
        {
            _hooks.TermBegan(entry.Term);
            return;
        }

        PendingRequest? waiting = WaiterOf(entry);
        IMessage request = waiting?.Request ?? EntryRequest.Parse(entry);
        if (request is Request legacy)
        {
            long started = _slow.Start();
            V2Result result = _v2.Apply(legacy, isInBackend);
            _slow.Check(started, legacy, result);
            if (waiting is not null)
            {
                Answer(waiting, result, null, replies);
            }

            return;
        }

        var current = (InternalRaftRequest)request;
        if (!isInBackend)
        {
            Apply(current, waiting, replies);
        }
        else
        {
            _requests.ApplyToTree(current, isInBackend);
        }
    }

    private void Apply(InternalRaftRequest request, PendingRequest? waiting, ReplyBatch replies)
    {
        long started = _slow.Start();
        waiting?.Trace?.ApplyBegins(_appliedIndex + 1);
        IMessage? reply = null;
        EtcdException? refusal = null;
        try
        {
            reply = _requests.Apply(request, _appliedIndex + 1);
        }
        catch (EtcdException refused)
        {
            // The state refuses the request, on every member alike; whoever waits for it is told.
            refusal = refused;
        }

        waiting?.Trace?.Applied();
        _slow.Check(started, request, reply, refusal);
        if (refusal?.Code == EtcdErrorCode.NoSpace && _hooks.SpaceExceeded(request, waiting, refusal))
        {
            return;
        }

        Answer(waiting, reply, refusal, replies);
    }

    // On the leader the request has travelled with its entry; what was sent to a leader elsewhere is looked up. Either may stand in for the entry only
    // where the entry is that request to the byte: all members apply what the log says.
    private PendingRequest? WaiterOf(in Entry entry)
    {
        if (entry.Attachment is PendingRequest own)
        {
            return own.IsCarriedBy(entry.Data) ? own : null;
        }

        return _forwarded.IsEmpty ? null : _forwarded.Take(EntryRequestId.Read(entry.Data.Span), entry.Data);
    }

    private static void Answer(PendingRequest? waiting, object? reply, EtcdException? refusal, ReplyBatch replies)
    {
        if (waiting is not null)
        {
            replies.Add(waiting, reply, refusal);
        }
    }

    private void ApplyConfiguration(in Entry entry, bool isInBackend, ReplyBatch replies)
    {
        if (entry.Type == EntryType.ConfChangeV2)
        {
            throw new UnsupportedEntryException($"log entry {entry.Index} is a joint configuration change, which etcd servers do not write");
        }

        ConfChange proposed = ConfChangeCodec.ReadConfChange(entry.Data);
        PendingRequest? waiting = entry.Attachment as PendingRequest ?? _forwarded.Take(proposed.Id, entry.Data);
        ConfChange change = _membership.Apply(proposed, isInBackend, out EtcdException? refusal);
        using var request = new ConfigurationSwitch(change.ToV2(), entry.Index);
        _report(new RaftInput(RaftInputKind.SwitchConfiguration, request));
        Configuration = request.Wait(_execution, _stopping);
        if (!isInBackend)
        {
            _backend.Put(BackendBucket.Meta, "confState"u8.ToArray(), ConfStateRecord.Write(Configuration));
        }

        _hooks.ConfigurationChanged(change);
        Answer(waiting, _membership.View, refusal, replies);
    }
}
