using System.Net;
using System.Text;
using System.Text.Json;

using Etcd.Hosting.Settings;
using Etcd.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// What an operator asks a member about itself.
public sealed class DebugEndpointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    // The names are those of real etcd 3.5.30's page.
    [Fact]
    public async Task Variables_Asked_HaveEtcdsObjects()
    {
        await using MemberHost host = await StartAsync(profiling: false);

        using JsonDocument variables = JsonDocument.Parse(await _http.GetStringAsync(Url(host, "/debug/vars"), Cancellation));

        JsonElement root = variables.RootElement;
        Assert.Equal(["cmdline", "file_descriptor_limit", "memstats", "raft.status"], root.EnumerateObject().Select(field => field.Name));
        Assert.True(root.GetProperty("memstats").GetProperty("HeapAlloc").GetInt64() > 0);
        JsonElement raft = root.GetProperty("raft.status");
        Assert.Equal("StateLeader", raft.GetProperty("raftState").GetString());
        Assert.Equal(raft.GetProperty("id").GetString(), raft.GetProperty("lead").GetString());
        Assert.Equal(
            "StateReplicate", raft.GetProperty("progress").GetProperty(raft.GetProperty("id").GetString()!).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("/debug/pprof/")]
    [InlineData("/debug/pprof")]
    [InlineData("/debug/pprof/profile?seconds=1")]
    public async Task Profiles_NotEnabled_AreNotThere(string path)
    {
        await using MemberHost host = await StartAsync(profiling: false);

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, path));
    }

    [Fact]
    public async Task Profile_Asked_IsARecordingThatDotNetsToolsRead()
    {
        await using MemberHost host = await StartAsync(profiling: true);

        // The headers come with the first bytes: from then on a recording is under way.
        using HttpResponseMessage recording = await _http.GetAsync(
            Url(host, "/debug/pprof/profile?seconds=2"), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        HttpStatusCode second = await StatusAsync(host, "/debug/pprof/trace?seconds=1");
        byte[] bytes = await recording.Content.ReadAsByteArrayAsync(Cancellation);

        // The mark at the beginning of the format, and some samples behind it.
        Assert.Equal("Nettrace", Encoding.ASCII.GetString(bytes, 0, 8));
        Assert.True(bytes.Length > 10_000, $"the recording has {bytes.Length} bytes only");
        Assert.Equal(HttpStatusCode.Conflict, second);
    }

    [Theory]
    [InlineData("/debug/pprof/", "nettrace")]
    [InlineData("/debug/pprof/heap", "generation 2: ")]
    [InlineData("/debug/pprof/threadcreate", "etcd-consensus")]
    public async Task Pages_OfAMemberWithProfiles_TellWhatTheyShould(string path, string expected)
    {
        await using MemberHost host = await StartAsync(profiling: true);

        Assert.Contains(expected, await _http.GetStringAsync(Url(host, path), Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("121")]
    [InlineData("-1")]
    [InlineData("x")]
    public async Task Profile_ForALengthThatIsNone_IsRefused(string seconds)
    {
        await using MemberHost host = await StartAsync(profiling: true);

        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(host, $"/debug/pprof/profile?seconds={seconds}"));
    }

    [Fact]
    public async Task Profile_UnknownName_IsNotFound()
    {
        await using MemberHost host = await StartAsync(profiling: true);

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/debug/pprof/goroutine"));
    }

    private static Uri Url(MemberHost host, string path) => new($"http://{host.ClientEndPoints[0]}{path}");

    private async Task<HttpStatusCode> StatusAsync(MemberHost host, string path)
    {
        using HttpResponseMessage reply = await _http.GetAsync(Url(host, path), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        return reply.StatusCode;
    }

    private Task<MemberHost> StartAsync(bool profiling)
    {
        var peerUrl = new Uri($"http://127.0.0.1:{MemberHostTests.FreePort()}");
        var settings = new MemberSettings
        {
            DataDirectory = _directory.File("data"),
            ListenClientUrls = [new Uri("http://127.0.0.1:0")],
            ListenPeerUrls = [peerUrl],
            AdvertisePeerUrls = [peerUrl],
            InitialCluster = $"default={peerUrl}",
            EnableProfiling = profiling,
        };
        return MemberHost.StartAsync(settings, NullLoggerFactory.Instance, Cancellation);
    }
}
