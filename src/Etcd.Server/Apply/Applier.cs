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

    private readonly Backend _backend;
    private readonly RequestApplier _requests;
    private readonly MembershipApplier _membership;
    private readonly V2Applier _v2;
    private readonly ApplyHooks _hooks;
    private readonly SlowApplyLog _slow;
    private readonly Action<RaftInput> _report;
    private readonly Execution _execution;
    private readonly CancellationToken _stopping;
    private readonly Pump<RaftMessage> _pump;

    private readonly ulong _recoveredIndex;
    private ulong _appliedIndex;

    internal Applier(
        Backend backend,
        RequestApplier requests,
        MembershipApplier membership,
        V2Applier v2,
        ApplyHooks hooks,
        SlowApplyLog slow,
        ulong appliedIndex,
        ConfState configuration,
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
        _appliedIndex = appliedIndex;
        Configuration = configuration;
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

    /// <summary>Hands over committed entries. Raft bounds what is under way by its uncommitted limit.</summary>
    internal void Post(RaftMessage message) => _pump.Post(message);

    /// <summary>Applies a small message on the calling thread, if no earlier one is under way.</summary>
    /// <returns><see langword="false"/> when there is, when the message is not small, or when it changes the configuration, for which apply
    /// waits for the very loop that calls this.</returns>
    internal bool TryApplyHere(RaftMessage message)
    {
        if (message.Entries.Length > EntriesAppliedHereMax)
        {
            return false;
        }

        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            if (entry.Type != EntryType.Normal)
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
        var replies = new ReplyBatch();
        foreach (RaftMessage message in messages)
        {
            foreach (ref readonly Entry entry in message.Entries.Span)
            {
                Apply(entry, replies);
            }
        }

        if (!replies.IsEmpty)
        {
            replies.Deliver(_execution);
        }

        foreach (RaftMessage message in messages)
        {
            _report(new RaftInput(RaftInputKind.Applied, message));
        }

        _hooks.PassEnded(_appliedIndex, messages[^1].Entries.Span[^1].Term, Configuration);
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
            ApplyConfiguration(entry, isInBackend);
        }

        if (!isInBackend)
        {
            _backend.EndEntry(entry.Index, entry.Term);
        }

        Volatile.Write(ref _appliedIndex, entry.Index);
    }

    private void ApplyNormal(in Entry entry, bool isInBackend, ReplyBatch replies)
    {
        if (entry.Data.IsEmpty)
        {
            _hooks.TermBegan(entry.Term);
            return;
        }

        var waiting = entry.Attachment as PendingRequest;
        IMessage request = waiting?.Request ?? Parse(entry);
        if (request is Request legacy)
        {
            V2Result result = _v2.Apply(legacy, isInBackend);
            if (waiting is not null)
            {
                waiting.V2Result = result;
            }

            Answer(waiting, legacy, null, replies);
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
        IMessage? reply = null;
        EtcdException? refusal = null;
        try
        {
            reply = _requests.Apply(request);
        }
        catch (EtcdException refused)
        {
            // The state refuses the request, on every member alike; whoever waits for it is told.
            refusal = refused;
        }

        _slow.Check(started, request, refusal);
        if (refusal?.Code == EtcdErrorCode.NoSpace)
        {
            _hooks.SpaceExceeded();
        }

        Answer(waiting, reply, refusal, replies);
    }

    private static void Answer(PendingRequest? waiting, IMessage? reply, EtcdException? refusal, ReplyBatch replies)
    {
        if (waiting is not null)
        {
            replies.Add(waiting, reply, refusal);
        }
    }

    private void ApplyConfiguration(in Entry entry, bool isInBackend)
    {
        if (entry.Type == EntryType.ConfChangeV2)
        {
            throw new UnsupportedEntryException($"log entry {entry.Index} is a joint configuration change, which etcd servers do not write");
        }

        ConfChange change = _membership.Apply(ConfChangeCodec.ReadConfChange(entry.Data), isInBackend, out _);
        using var request = new ConfigurationSwitch(change.ToV2(), entry.Index);
        _report(new RaftInput(RaftInputKind.SwitchConfiguration, request));
        Configuration = request.Wait(_execution, _stopping);
        if (!isInBackend)
        {
            _backend.Put(BackendBucket.Meta, "confState"u8.ToArray(), ConfStateRecord.Write(Configuration));
        }
    }

    private static IMessage Parse(in Entry entry)
    {
        try
        {
            return LegacyRequestProbe.IsLegacyRequest(entry.Data.Span)
                ? Request.Parser.ParseFrom(entry.Data.Span)
                : InternalRaftRequest.Parser.ParseFrom(entry.Data.Span);
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new InvalidDataException($"log entry {entry.Index} of term {entry.Term} is not a request: {failure.Message}", failure);
        }
    }
}
