using Etcd.Peer.Admission;
using Etcd.Testing;

namespace Etcd.Peer.Tests.Admission;

/// <summary>One who is refused again and again is told of once.</summary>
public class ToldRefusalsTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void IsNew_SendersRefusedInTurn_OncePerSenderAndRefusal()
    {
        var told = new ToldRefusals(_time);
        var lines = new List<string>();

        for (int round = 0; round < 100; round++)
        {
            foreach ((string sender, string refusal) in new[] { ("a", "one"), ("b", "one"), ("a", "two") })
            {
                if (told.IsNew(sender, refusal))
                {
                    lines.Add($"{sender} {refusal}");
                }
            }
        }

        Assert.Equal(["a one", "b one", "a two"], lines);
    }

    [Fact]
    public void IsNew_GoesOnForLong_IsToldAgain()
    {
        var told = new ToldRefusals(_time);
        Assert.True(told.IsNew("a", "one"));

        _time.Advance(ToldRefusals.Silence - TimeSpan.FromTicks(1));
        Assert.False(told.IsNew("a", "one"));
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.True(told.IsNew("a", "one"));
        Assert.False(told.IsNew("a", "one"));
    }

    // Names are the sender's word: as many as it likes.
    [Fact]
    public void IsNew_NamesWithoutEnd_ForgetsTheOldest()
    {
        var told = new ToldRefusals(_time);
        for (int sender = 0; sender <= ToldRefusals.RememberedMax; sender++)
        {
            Assert.True(told.IsNew($"{sender}", "one"));
        }

        Assert.False(told.IsNew("1", "one"));
        Assert.True(told.IsNew("0", "one"));
        Assert.True(told.IsNew("1", "one"));
        Assert.False(told.IsNew("3", "one"));
    }
}
