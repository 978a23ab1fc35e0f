using Etcd.Hosting.Discovery;
using Etcd.Server.Bootstrap;
using Etcd.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests.Discovery;

public class DiscoveryRendezvousTests
{
    private const string Self = "m1=http://a:1";

    private readonly ScriptedDiscovery _service = new();

    private readonly ManualTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Join_OthersCome_GivesTheFirstOfThem()
    {
        _service.Coming.Enqueue(("2", "m2=http://b:1,m2=http://b:2"));
        _service.Coming.Enqueue(("3", "m3=http://c:1"));

        Assert.Equal("m1=http://a:1,m2=http://b:1,m2=http://b:2,m3=http://c:1", await JoinAsync());
    }

    [Fact]
    public async Task Join_FullCluster_EndsWithoutRegistering()
    {
        _service.Size = "1";
        _service.Add("2", "m2=http://b:1");

        Assert.Equal("failed to join discovery cluster (discovery: cluster is full)", await FailAsync());
        Assert.Single(_service.Members);
    }

    [Fact]
    public async Task Join_LastPlaceTakenMeanwhile_IsFull()
    {
        _service.Size = "1";
        int asked = 0;
        _service.Before = () =>
        {
            // Size, list, and then its own registration.
            if (++asked == 3)
            {
                _service.Add("2", "m2=http://b:1");
            }
        };

        Assert.Equal("failed to join discovery cluster (discovery: cluster is full)", await FailAsync());
    }

    [Fact]
    public async Task Join_RegisteredBefore_IsADuplicate()
    {
        _service.Add("1", "m1=http://elsewhere:1");

        Assert.Equal("failed to join discovery cluster (discovery: found duplicate id)", await FailAsync());
    }

    [Theory]
    [InlineData(null, "size key not found")]
    [InlineData("three", "size key is bad")]
    [InlineData("0", "size key is bad")]
    [InlineData("-1", "size key is bad")]
    [InlineData("99999999999", "size key is bad")]
    public async Task Join_BadSize_IsToldInEtcdsWords(string? size, string expected)
    {
        _service.Size = size;

        Assert.Equal($"failed to join discovery cluster (discovery: {expected})", await FailAsync());
    }

    [Theory]
    [InlineData("nonsense", "invalid peer URL")]
    [InlineData("m2=ftp://b:1", "invalid peer URL")]
    [InlineData("m2=http://b:1/path", "invalid peer URL")]
    [InlineData("", "found duplicate name")]
    [InlineData("m1=http://b:1", "found duplicate name")]
    public async Task Join_PeerThatWroteNonsense_IsToldInEtcdsWords(string value, string expected)
    {
        _service.Size = "2";
        _service.Coming.Enqueue(("2", value));

        Assert.Equal($"failed to join discovery cluster (discovery: {expected})", await FailAsync());
    }

    [Fact]
    public async Task Join_AnswerThatIsNone_IsABadEndpoint()
    {
        _service.Before = () => throw new FormatException();

        Assert.Equal("failed to join discovery cluster (discovery: bad discovery endpoint)", await FailAsync());
    }

    [Fact]
    public async Task Join_ServiceComesBack_GoesOn()
    {
        _service.Size = "1";
        int failures = 3;
        _service.Before = () =>
        {
            if (failures-- > 0)
            {
                throw new IOException("gone");
            }
        };

        Task<string> joining = JoinAsync();
        foreach (int seconds in new[] { 2, 4, 8 })
        {
            await WaitForBackoffAsync();
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }

        Assert.Equal(Self, await joining.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    // The registration was made, its answer lost.
    [Fact]
    public async Task Join_AnswerToTheRegistrationLost_IsNoDuplicate()
    {
        _service.Size = "1";
        int asked = 0;
        _service.Before = () =>
        {
            if (++asked == 3)
            {
                _service.Add("1", Self);
                throw new IOException("reset");
            }
        };

        Task<string> joining = JoinAsync();
        await WaitForBackoffAsync();
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Self, await joining.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    private async Task WaitForBackoffAsync()
    {
        while (_time.ArmedTimers == 0)
        {
            Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<string> JoinAsync() =>
        new DiscoveryRendezvous(_service, _time, new DiscoveryLog(NullLogger.Instance)).JoinAsync("1", Self, Cancellation);

    private async Task<string> FailAsync() => (await Assert.ThrowsAsync<BootstrapException>(JoinAsync)).Message;
}
