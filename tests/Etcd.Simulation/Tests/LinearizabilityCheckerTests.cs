using Etcd.Protocol.Rpc;
using Etcd.Simulation.Checkers;

namespace Etcd.Simulation.Tests;

/// <summary>The checker itself: it must let right histories pass and no wrong one.</summary>
public sealed class LinearizabilityCheckerTests
{
    private readonly List<Operation> _history = [];

    [Fact]
    public void History_OneAfterTheOther_IsLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Read(3, 4, value: 1, version: 1, modRevision: 2, revision: 2);

        AssertLinearizable();
    }

    [Fact]
    public void Read_OldValueAfterTheNewWriteHasEnded_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Put(3, 4, value: 2, revision: 3);
        Read(5, 6, value: 1, version: 1, modRevision: 2, revision: 2);

        AssertNotLinearizable();
    }

    [Fact]
    public void Read_OldValueBesideTheNewWrite_IsLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Put(3, 6, value: 2, revision: 3);
        Read(4, 5, value: 1, version: 1, modRevision: 2, revision: 2);

        AssertLinearizable();
    }

    [Fact]
    public void Read_NewValueThenOldValueBesideTheWrite_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Put(3, 10, value: 2, revision: 3);
        Read(4, 5, value: 2, version: 2, modRevision: 3, revision: 3);
        Read(6, 7, value: 1, version: 1, modRevision: 2, revision: 2);

        AssertNotLinearizable();
    }

    [Fact]
    public void Write_UnknownOutcomeSeenLater_IsLinearizable()
    {
        Add(OperationKind.Put, 1, null, value: 1);
        Read(2, 3, value: 0, version: 0, modRevision: 0, revision: 1);
        Read(4, 5, value: 1, version: 1, modRevision: 2, revision: 2);

        AssertLinearizable();
    }

    [Fact]
    public void Write_UnknownOutcomeSeenThenGone_IsNotLinearizable()
    {
        Add(OperationKind.Put, 1, null, value: 1);
        Read(2, 3, value: 1, version: 1, modRevision: 2, revision: 2);
        Read(4, 5, value: 0, version: 0, modRevision: 0, revision: 1);

        AssertNotLinearizable();
    }

    [Fact]
    public void Write_AcknowledgedAndNeverSeen_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Read(3, 4, value: 0, version: 0, modRevision: 0, revision: 2);

        AssertNotLinearizable();
    }

    [Fact]
    public void Write_AppliedTwice_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Read(3, 4, value: 1, version: 2, modRevision: 3, revision: 3);

        AssertNotLinearizable();
    }

    [Fact]
    public void CompareAndSet_BothOfTwoFromOneState_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        CompareAndSet(3, 8, expected: 1, value: 2, revision: 3);
        CompareAndSet(4, 7, expected: 1, value: 3, revision: 4);

        AssertNotLinearizable();
    }

    [Fact]
    public void Writes_RevisionsAgainstTheirOrder_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 3);
        Put(3, 4, value: 2, revision: 2);

        AssertNotLinearizable();
    }

    [Fact]
    public void Read_RevisionNobodyGaveTheWrite_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Read(3, 4, value: 1, version: 1, modRevision: 5, revision: 5);

        AssertNotLinearizable();
    }

    [Fact]
    public void Transaction_TellsWhatWasAndWhatItWrote_IsLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Transact(3, 4, revision: 3, put: 2, inside: 3, [true, false], told: [Key(1, 1, 2), Key(2, 2, 3)]);

        AssertLinearizable();
    }

    [Fact]
    public void Transaction_ReadsWhatItHasOverwritten_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Transact(3, 4, revision: 3, put: 2, inside: 3, [true, false], told: [Key(1, 1, 2), Key(1, 1, 2)]);

        AssertNotLinearizable();
    }

    // All conditions are decided before anything is written, also those of the transactions inside.
    [Fact]
    public void Transaction_NestedConditionSeesTheWriteAroundIt_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Transact(3, 4, revision: 3, put: 2, inside: 2, [true, true], told: [Key(1, 1, 2)]);

        AssertNotLinearizable();
    }

    [Fact]
    public void Transaction_TookTheBranchWhoseConditionDoesNotHold_IsNotLinearizable()
    {
        Put(1, 2, value: 1, revision: 2);
        Transact(3, 4, revision: 3, put: 2, inside: 3, [false], told: [Key(1, 1, 2)]);

        AssertNotLinearizable();
    }

    private static KeyState Key(long value, long version, long modRevision) => new(value, version, modRevision);

    private void AssertLinearizable() => Assert.Null(new LinearizabilityChecker(_history, keys: 1).FindViolation());

    private void AssertNotLinearizable() => Assert.NotNull(new LinearizabilityChecker(_history, keys: 1).FindViolation());

    private void Put(long call, long end, long value, long revision) => Add(OperationKind.Put, call, end, value).Revision = revision;

    private void Read(long call, long end, long value, long version, long modRevision, long revision)
    {
        Operation read = Add(OperationKind.Read, call, end, 0);
        read.Seen = [new KeyState(value, version, modRevision)];
        read.Revision = revision;
    }

    private void CompareAndSet(long call, long end, long expected, long value, long revision)
    {
        Operation operation = Add(OperationKind.CompareAndSet, call, end, value, expected);
        operation.Succeeded = true;
        operation.Revision = revision;
    }

    // If the key has value 1: writes it, and inside, if it has a certain value, nothing, else reads it. Else reads it.
    private void Transact(long call, long end, long revision, long put, long inside, bool[] path, KeyState[] told)
    {
        var nested = new Transaction([ValueIs(inside)], [], [new TransactionStep.Read()]);
        var transaction = new Transaction([ValueIs(1)], [new TransactionStep.Put(0, put), new TransactionStep.Nested(nested)], [new TransactionStep.Read()]);
        var outcome = new TransactionOutcome();
        outcome.Path.AddRange(path);
        if (path[0])
        {
            outcome.AddPut(put, told[0]);
            told = told[1..];
        }

        outcome.AddRead(told);
        Operation operation = Add(OperationKind.Transaction, call, end, value: 0, transaction: transaction);
        operation.Outcome = outcome;
        operation.Written = outcome.Written;
        operation.Revision = revision;

        static Condition ValueIs(long value) => new(0, Compare.Types.CompareTarget.Value, Compare.Types.CompareResult.Equal, value);
    }

    private Operation Add(OperationKind kind, long call, long? end, long value, long expected = 0, Transaction? transaction = null)
    {
        var operation = new Operation
        {
            Client = "c",
            Group = 0,
            Kind = kind,
            Value = value,
            Expected = expected,
            Transaction = transaction,
            Target = "m",
            Call = call,
        };
        operation.Return = end ?? long.MaxValue;
        _history.Add(operation);
        return operation;
    }
}
