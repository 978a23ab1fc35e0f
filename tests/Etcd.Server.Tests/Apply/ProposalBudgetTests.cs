using Etcd.Server.Apply;

namespace Etcd.Server.Tests.Apply;

public sealed class ProposalBudgetTests
{
    private readonly ProposalBudget _budget = new(bytesMax: 100, reservedBytes: 20);

    [Fact]
    public void TryTake_BeyondTheBound_IsRefusedUntilSomethingIsGivenBack()
    {
        Assert.True(_budget.TryTake(60, isUrgent: false));
        Assert.True(_budget.TryTake(40, isUrgent: false));
        Assert.False(_budget.TryTake(1, isUrgent: false));

        _budget.Release(60);

        Assert.True(_budget.TryTake(60, isUrgent: false));
    }

    [Fact]
    public void TryTake_OneRequestLargerThanTheBound_IsLetThroughAlone()
    {
        Assert.True(_budget.TryTake(1000, isUrgent: false));
        Assert.False(_budget.TryTake(1, isUrgent: false));
    }

    [Fact]
    public void TryTake_UrgentBeyondTheBound_HasAPartOfItsOwn()
    {
        Assert.True(_budget.TryTake(100, isUrgent: false));

        Assert.True(_budget.TryTake(20, isUrgent: true));
        Assert.False(_budget.TryTake(1, isUrgent: true));

        _budget.Release(20);
        Assert.False(_budget.TryTake(1, isUrgent: false));
    }
}
