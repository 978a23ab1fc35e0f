using Etcd.Server.Apply;

namespace Etcd.Server.Tests.Apply;

public sealed class ProposalBudgetTests
{
    private readonly ProposalBudget _budget = new(bytesMax: 100);

    [Fact]
    public void TryTake_BeyondTheBound_IsRefusedUntilSomethingIsGivenBack()
    {
        Assert.True(_budget.TryTake(60));
        Assert.True(_budget.TryTake(40));
        Assert.False(_budget.TryTake(1));

        _budget.Release(60);

        Assert.True(_budget.TryTake(60));
    }

    [Fact]
    public void TryTake_OneRequestLargerThanTheBound_IsLetThroughAlone()
    {
        Assert.True(_budget.TryTake(1000));
        Assert.False(_budget.TryTake(1));
    }
}
