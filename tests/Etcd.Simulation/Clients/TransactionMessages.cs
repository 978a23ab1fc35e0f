using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Simulation.Checkers;
using Etcd.Simulation.Schedule;

using Google.Protobuf;

using static Etcd.Protocol.Rpc.Compare.Types;

namespace Etcd.Simulation.Clients;

/// <summary>Transactions on one group of keys as messages of the API.</summary>
internal sealed class TransactionMessages(int group, int keys, int valueBytes)
{
    public TxnRequest RequestOf(Transaction transaction) => new()
    {
        Compare = { transaction.Conditions.Select(CompareOf) },
        Success = { transaction.Then.Select(RequestOf) },
        Failure = { transaction.Else.Select(RequestOf) },
    };

    /// <summary>Reads the reply, which must have an answer of the right kind for each step.</summary>
    public TransactionOutcome OutcomeOf(Transaction transaction, TxnResponse response)
    {
        var outcome = new TransactionOutcome();
        Read(transaction, response, outcome);
        return outcome;
    }

    /// <summary>State of each key of the group in what a range returned.</summary>
    public KeyState[] StatesIn(IEnumerable<KeyValue> range)
    {
        var states = new KeyState[keys];
        foreach (KeyValue key in range)
        {
            states[Keys.IndexOf(key.Key)] = StateOf(key);
        }

        return states;
    }

    private static KeyState StateOf(KeyValue? key) =>
        key is null ? default : new KeyState(Keys.NumberOf(key.Value.ToStringUtf8()), key.Version, key.ModRevision);

    private void Read(Transaction transaction, TxnResponse response, TransactionOutcome outcome)
    {
        IReadOnlyList<TransactionStep> branch = response.Succeeded ? transaction.Then : transaction.Else;
        outcome.Path.Add(response.Succeeded);
        if (response.Responses.Count != branch.Count)
        {
            throw new SimulationFailedException($"{response.Responses.Count} answers to the {branch.Count} steps of a branch of {transaction}");
        }

        foreach ((TransactionStep step, ResponseOp answer) in branch.Zip(response.Responses))
        {
            switch (step)
            {
                case TransactionStep.Put put:
                    outcome.AddPut(put.Value, StateOf(answer.ResponsePut.PrevKv));
                    break;
                case TransactionStep.Delete delete:
                    outcome.AddDelete(StatesIn(answer.ResponseDeleteRange.PrevKvs).AsSpan(delete.First..(delete.Last + 1)));
                    break;
                case TransactionStep.Nested nested:
                    Read(nested.Transaction, answer.ResponseTxn, outcome);
                    break;
                default:
                    outcome.AddRead(StatesIn(answer.ResponseRange.Kvs));
                    break;
            }
        }
    }

    private Compare CompareOf(Condition condition)
    {
        var compare = new Compare { Key = NameOf(condition.Key), Target = condition.Target, Result = condition.Result };
        switch (condition.Target)
        {
            case CompareTarget.Value:
                compare.Value = Keys.Value(condition.Operand, valueBytes);
                break;
            case CompareTarget.Version:
                compare.Version = condition.Operand;
                break;
            default:
                compare.ModRevision = condition.Operand;
                break;
        }

        return compare;
    }

    private RequestOp RequestOf(TransactionStep step) => step switch
    {
        TransactionStep.Put put => new RequestOp
        {
            RequestPut = new PutRequest { Key = NameOf(put.Key), Value = Keys.Value(put.Value, valueBytes), PrevKv = true },
        },
        TransactionStep.Delete delete => new RequestOp
        {
            RequestDeleteRange = new DeleteRangeRequest { Key = NameOf(delete.First), RangeEnd = NameOf(delete.Last + 1), PrevKv = true },
        },
        TransactionStep.Nested nested => new RequestOp { RequestTxn = RequestOf(nested.Transaction) },
        _ => new RequestOp { RequestRange = new RangeRequest { Key = Keys.FirstOf(group), RangeEnd = Keys.EndOf(group) } },
    };

    private ByteString NameOf(int key) => ByteString.CopyFromUtf8(Keys.Of(group, key));
}
