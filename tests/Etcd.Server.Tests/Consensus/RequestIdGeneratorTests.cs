using Etcd.Server.Consensus;

namespace Etcd.Server.Tests.Consensus;

public sealed class RequestIdGeneratorTests
{
    [Fact]
    public void Next_LayoutIsMemberThenTimeThenCounter()
    {
        var ids = new RequestIdGenerator(0xabcd_1234, DateTimeOffset.FromUnixTimeMilliseconds(0x12_3456_789a));

        ulong id = ids.Next();

        Assert.Equal(0x1234_123456789a_01UL, id);
        Assert.Equal(id + 1, ids.Next());
    }
}
