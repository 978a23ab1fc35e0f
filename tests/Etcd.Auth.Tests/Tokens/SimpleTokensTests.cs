using Etcd.Testing;

namespace Etcd.Auth.Tests.Tokens;

public sealed class SimpleTokensTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimpleTokens _tokens;

    public SimpleTokensTests() => _tokens = new SimpleTokens(_time, TimeSpan.FromSeconds(300));

    // etcd 3.5 names the entry before the login's, etcd 3.4 the login's own.
    [Theory]
    [InlineData(false, "62")]
    [InlineData(true, "63")]
    public void Issue_LooksAsTheClustersReleaseWritesIt(bool areFor34, string index)
    {
        var tokens = new SimpleTokens(_time, TimeSpan.FromSeconds(300)) { AreFor34 = () => areFor34 };

        string token = tokens.Issue("alice", tokens.NewTicket(), 63);

        Assert.Matches($"^[a-zA-Z]{{16}}\\.{index}$", token);
        Assert.Equal(63UL, tokens.IndexOf(token));
        Assert.True(tokens.TryRecognise(token, 1, out _));
    }

    [Fact]
    public void TryRecognise_MadeByAMemberOfEitherRelease_IsTrue()
    {
        _tokens.Issue("alice", "aaaaaaaaaaaaaaaa", 63);

        Assert.True(_tokens.TryRecognise("aaaaaaaaaaaaaaaa.62", 1, out _));
        Assert.True(_tokens.TryRecognise("aaaaaaaaaaaaaaaa.63", 1, out _));
        Assert.False(_tokens.TryRecognise("aaaaaaaaaaaaaaaa.61", 1, out _));
        Assert.False(_tokens.TryRecognise("aaaaaaaaaaaaaaaa.64", 1, out _));
    }

    [Fact]
    public void TryRecognise_Used_LivesOn()
    {
        string token = _tokens.Issue("alice", _tokens.NewTicket(), 1);
        for (int use = 0; use < 5; use++)
        {
            _time.Advance(TimeSpan.FromSeconds(299));
            Assert.True(_tokens.TryRecognise(token, 9, out Caller caller));
            Assert.Equal(new Caller("alice", 9), caller);
        }

        _time.Advance(TimeSpan.FromSeconds(300));
        Assert.False(_tokens.TryRecognise(token, 9, out _));
    }

    [Fact]
    public void TryRecognise_Forged_IsFalse()
    {
        string token = _tokens.Issue("alice", "aaaaaaaaaaaaaaaa", 1);
        Assert.True(_tokens.TryRecognise(token, 1, out _));

        foreach (string forged in (string[])
            ["", ".", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa.", "aaaaaaaaaaaaaaaa.2", "aaaaaaaaaaaaaaab.1", ".1", "a.1", "aaaaaaaaaaaaaaaa.1.1",
                "aaaaaaaaaaaaaaaa.-1", "aaaaaaaaaaaaaaaa.+1", "aaaaaaaaaaaaaaaa. 1", "aaaaaaaaaaaaaaaa.99999999999999999999999"])
        {
            Assert.False(_tokens.TryRecognise(forged, 1, out _), forged);
        }
    }

    [Fact]
    public void Issue_ManyLogins_ForgetsExpiredTokens()
    {
        for (ulong index = 1; index <= 1000; index++)
        {
            _tokens.Issue("alice", _tokens.NewTicket(), index);
        }

        _time.Advance(TimeSpan.FromSeconds(301));
        _tokens.Issue("alice", _tokens.NewTicket(), 1001);

        Assert.Equal(1, _tokens.Count);
    }
}
