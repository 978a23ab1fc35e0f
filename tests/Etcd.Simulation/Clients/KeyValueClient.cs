using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Simulation.Checkers;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;

using Google.Protobuf;

namespace Etcd.Simulation.Clients;

/// <summary>A client that reads, writes, deletes, and compares and sets, one operation after the other, each at any member.</summary>
internal sealed class KeyValueClient(string name, SimulatedWorld world, SimulationRandom random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1_500);

    /// <summary>Values this client has seen lately: what it compares with.</summary>
    private readonly Dictionary<(int Group, int Key), long> _known = [];
    private readonly TransactionMaker _transactions = new(world, random);

    public async Task RunAsync()
    {
        while (!world.IsQuiet)
        {
            await world.Queue.DelayAsync(random.Between(TimeSpan.FromMilliseconds(1), world.Scenario.ThinkMax)).ConfigureAwait(false);
            int group = random.Below(world.Scenario.KeyGroups);
            int key = random.Below(world.Scenario.KeysPerGroup);
            SimulatedMember target = world.AnyMachine(random);
            Task operation = random.Below(100) switch
            {
                < 40 => ReadAsync(target, group),
                < 58 => PutAsync(target, group, key),
                < 64 => PutAllAsync(target, group),
                < 71 => DeleteAsync(target, group, key),
                < 84 => CompareAndSetAsync(target, group, key),
                < 93 => TransactAsync(target, group),
                _ => ReadSerializablyAsync(target, group),
            };
            await operation.ConfigureAwait(false);
        }
    }

    /// <summary>Reads a group, linearizably.</summary>
    /// <returns>Whether there was an answer.</returns>
    public async Task<bool> ReadAsync(SimulatedMember target, int group)
    {
        Operation operation = Begin(OperationKind.Read, target, group, 0);
        ClientReply<RangeResponse> reply = await world.Connections
            .CallAsync(target, server => ReadAsync(server, group), Patience)
            .ConfigureAwait(false);
        if (reply.Value is { } answer)
        {
            End(operation, answer.Header.Revision, answer.Kvs);
        }

        return reply.Value is not null;
    }

    /// <summary>Writes one key.</summary>
    /// <returns>Whether it was acknowledged.</returns>
    public async Task<bool> PutAsync(SimulatedMember target, int group, int key)
    {
        Operation operation = Begin(OperationKind.Put, target, group, key);
        PutRequest request = PutOf(operation, key);
        ClientReply<PutResponse> reply = await world.Connections
            .CallAsync(target, server => server.KeyValues.PutAsync(request), Patience)
            .ConfigureAwait(false);
        Conclude(operation, reply, answer => End(operation, answer.Header.Revision, null));
        return reply.Value is not null;
    }

    private static RangeRequest RangeOf(int group) => new() { Key = Keys.FirstOf(group), RangeEnd = Keys.EndOf(group) };

    private ValueTask<RangeResponse> ReadAsync(EtcdServer server, int group)
    {
        RangeRequest request = RangeOf(group);
        world.Scenario.Bug.Tamper(server, request);
        return RangeAsync(server, request);
    }

    private static async ValueTask<RangeResponse> RangeAsync(EtcdServer server, RangeRequest request)
    {
        using RangeReply reply = server.KeyValues.TryRange(request, out RangeReply? ready)
            ? ready
            : await server.KeyValues.ConfirmedRangeAsync(request, CancellationToken.None).ConfigureAwait(false);
        RangeResponse message = reply.ToMessage();
        message.Header ??= new ResponseHeader();
        message.Header.Revision = reply.Revision;
        return message;
    }

    // A serializable read may be old, but it must be true: it is checked against the history only.
    private async Task ReadSerializablyAsync(SimulatedMember target, int group)
    {
        RangeRequest request = RangeOf(group);
        request.Serializable = true;
        ClientReply<RangeResponse> reply = await world.Connections
            .CallAsync(target, server => RangeAsync(server, request), Patience)
            .ConfigureAwait(false);
        if (reply.Value is { } answer)
        {
            Operation operation = New(OperationKind.Read, target, group, 0);
            operation.Revision = answer.Header.Revision;
            operation.Seen = MessagesOf(group).StatesIn(answer.Kvs);
            operation.Return = operation.Call;
            world.SerializableReads.Add(operation);
        }
    }

    // The writes stand in a transaction inside of another one, which then reads what they did: several operations at one revision.
    private async Task PutAllAsync(SimulatedMember target, int group)
    {
        Operation operation = Begin(OperationKind.PutAll, target, group, 0);
        var puts = new TxnRequest();
        for (int key = 0; key < world.Scenario.KeysPerGroup; key++)
        {
            puts.Success.Add(new RequestOp { RequestPut = PutOf(operation, key) });
        }

        var request = new TxnRequest { Success = { new RequestOp { RequestTxn = puts }, new RequestOp { RequestRange = RangeOf(group) } } };
        ClientReply<TxnResponse> reply = await TxnAsync(target, request).ConfigureAwait(false);
        Conclude(operation, reply, answer =>
        {
            long revision = answer.Header.Revision;
            KeyState[] seen = MessagesOf(group).StatesIn(answer.Responses[1].ResponseRange.Kvs);
            if (answer.Responses[0].ResponseTxn is not { Succeeded: true }
                || !Array.TrueForAll(seen, key => key.Value == operation.Value && key.ModRevision == revision))
            {
                throw new SimulationFailedException($"{operation}: inside the transaction of revision {revision} its writes were read as {string.Join(' ', seen)}");
            }

            End(operation, revision, null);
        });
    }

    private async Task DeleteAsync(SimulatedMember target, int group, int key)
    {
        Operation operation = Begin(OperationKind.Delete, target, group, key);
        var request = new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(Keys.Of(group, key)) };
        ClientReply<DeleteRangeResponse> reply = await world.Connections
            .CallAsync(target, server => server.KeyValues.DeleteRangeAsync(request), Patience)
            .ConfigureAwait(false);
        Conclude(operation, reply, answer =>
        {
            operation.Deleted = answer.Deleted;
            End(operation, answer.Header.Revision, null);
        });
    }

    private async Task CompareAndSetAsync(SimulatedMember target, int group, int key)
    {
        Operation operation = Begin(OperationKind.CompareAndSet, target, group, key);
        ByteString name = ByteString.CopyFromUtf8(Keys.Of(group, key));
        var compare = new Compare { Key = name, Result = Compare.Types.CompareResult.Equal };
        if (operation.Expected == 0)
        {
            compare.Target = Compare.Types.CompareTarget.Version;
            compare.Version = 0;
        }
        else
        {
            compare.Target = Compare.Types.CompareTarget.Value;
            compare.Value = Keys.Value(operation.Expected, world.Scenario.ValueBytes);
        }

        var request = new TxnRequest
        {
            Compare = { compare },
            Success = { new RequestOp { RequestPut = PutOf(operation, key) } },
            Failure = { new RequestOp { RequestRange = RangeOf(group) } },
        };
        ClientReply<TxnResponse> reply = await TxnAsync(target, request).ConfigureAwait(false);
        Conclude(operation, reply, answer =>
        {
            operation.Succeeded = answer.Succeeded;
            End(operation, answer.Header.Revision, answer.Succeeded ? null : answer.Responses[0].ResponseRange.Kvs);
        });
    }

    private async Task TransactAsync(SimulatedMember target, int group)
    {
        TransactionMessages messages = MessagesOf(group);
        long[] known = [.. Enumerable.Range(0, world.Scenario.KeysPerGroup).Select(key => _known.GetValueOrDefault((group, key)))];
        Transaction transaction = _transactions.Draw(known);
        Operation operation = New(OperationKind.Transaction, target, group, 0, transaction);
        world.Operations.Add(operation);
        ClientReply<TxnResponse> reply = await TxnAsync(target, messages.RequestOf(transaction)).ConfigureAwait(false);
        if (reply.Error is EtcdErrorCode.DuplicateKey or EtcdErrorCode.TooManyOps)
        {
            throw new SimulationFailedException($"{operation} was refused: {reply.Error}");
        }

        Conclude(operation, reply, answer =>
        {
            operation.Outcome = messages.OutcomeOf(transaction, answer);
            operation.Written = operation.Outcome.Written;
            End(operation, answer.Header.Revision, null);
        });
    }

    private Task<ClientReply<TxnResponse>> TxnAsync(SimulatedMember target, TxnRequest request) =>
        world.Connections.CallAsync(target, server => server.KeyValues.TxnAsync(request, CancellationToken.None), Patience);

    private PutRequest PutOf(Operation operation, int key) => new()
    {
        Key = ByteString.CopyFromUtf8(Keys.Of(operation.Group, key)),
        Value = Keys.Value(operation.Value, world.Scenario.ValueBytes),
    };

    private Operation Begin(OperationKind kind, SimulatedMember target, int group, int key)
    {
        Operation operation = New(kind, target, group, key);
        world.Operations.Add(operation);
        return operation;
    }

    private Operation New(OperationKind kind, SimulatedMember target, int group, int key, Transaction? transaction = null) => new()
    {
        Client = name,
        Group = group,
        Kind = kind,
        Key = key,
        Value = kind is OperationKind.Read or OperationKind.Delete or OperationKind.Transaction ? 0 : world.NextValue(),
        Expected = kind == OperationKind.CompareAndSet ? _known.GetValueOrDefault((group, key)) : 0,
        Transaction = transaction,
        Target = target.Name,
        Call = world.Queue.NextNumber(),
    };

    private void Conclude<T>(Operation operation, ClientReply<T> reply, Action<T> end)
        where T : class
    {
        if (reply.Value is { } answer)
        {
            end(answer);
        }
        else if (reply.IsWithoutEffect)
        {
            world.Operations.Remove(operation);
        }
    }

    private void End(Operation operation, long revision, IReadOnlyList<KeyValue>? seen)
    {
        operation.Return = world.Queue.NextNumber();
        operation.ReturnTicks = world.Queue.NowTicks;
        operation.Revision = revision;
        if (seen is not null)
        {
            operation.Seen = MessagesOf(operation.Group).StatesIn(seen);
            for (int key = 0; key < operation.Seen.Count; key++)
            {
                _known[(operation.Group, key)] = operation.Seen[key].Value;
            }
        }
        else if (operation.Kind is OperationKind.Put or OperationKind.CompareAndSet)
        {
            _known[(operation.Group, operation.Key)] = operation.Value;
        }

        world.Queue.Trace.Mix((ulong)revision);
        if (world.Queue.Trace.IsRead)
        {
            world.Queue.Trace.Tell(world.Queue.NowTicks, operation.ToString());
        }
    }

    private TransactionMessages MessagesOf(int group) => new(group, world.Scenario.KeysPerGroup, world.Scenario.ValueBytes);
}
