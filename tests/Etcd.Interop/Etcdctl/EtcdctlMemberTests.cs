using System.Text.RegularExpressions;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>member, move-leader and defrag: our etcdctl and the real one say the same of one and the same server. The ID of an added
/// member hangs on the second it was added, so that two servers would list their members in different orders.</summary>
public sealed partial class EtcdctlMemberTests
{
    private const string PeerUrl = "http://127.0.0.1:1";

    private static readonly char[] Separators = ['[', ']', '{', '}', ',', '"', '=', ' '];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public async Task Changes_EveryFormat_EqualTheRealOne(ServerKind kind)
    {
        using TemporaryDirectory directory = new();
        await using EtcdServer server = await EtcdServer.StartAsync(Options(kind, directory), Cancellation);
        string id = Id().Match(await OursAsync(server, "member", "add", "learner", "--learner", "--peer-urls", PeerUrl)).Groups[1].Value;

        foreach (string format in (string[])["simple", "fields", "json", "protobuf", "table"])
        {
            await AssertEqualAsync(server, "member", "update", id, "--peer-urls=http://127.0.0.1:2", "-w", format);
            await AssertEqualAsync(server, "move-leader", "55", "-w", format);
            await AssertEqualAsync(server, "member", "remove", "55", "-w", format);
        }

        await AssertEqualAsync(server, "member", "promote", "55");
        await AssertEqualAsync(server, "member", "update", "55", "--peer-urls", "http://127.0.0.1:3");
        await AssertEqualAsync(server, "defrag");
        await AssertEqualAsync(server, "defrag", "--cluster");
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public async Task AddAndRemove_EveryFormat_EqualTheRealOne(ServerKind kind)
    {
        using TemporaryDirectory directory = new();
        await using EtcdServer server = await EtcdServer.StartAsync(Options(kind, directory), Cancellation);

        // Within one second the same URL gives the same ID, which never comes back.
        Assert.Equal(
            await AddAndRemoveAsync(server, RealEtcd.Ctl("3.5"), "http://127.0.0.1:1001", "simple"),
            await AddAndRemoveAsync(server, OurPrograms.Ctl, "http://127.0.0.1:1002", "simple"));
        Assert.Equal(
            await AddAndRemoveAsync(server, RealEtcd.Ctl("3.5"), "http://127.0.0.1:1003", "json"),
            await AddAndRemoveAsync(server, OurPrograms.Ctl, "http://127.0.0.1:1004", "json"));
    }

    // From then on there is no quorum until the new member is started, with just these settings.
    [Fact]
    public async Task Add_SecondVoterOfALoneMember_StillTellsWhatToStartItWith()
    {
        using TemporaryDirectory directory = new();
        await using EtcdServer server = await EtcdServer.StartAsync(Options(ServerKind.Ours, directory), Cancellation);

        string text = await OursAsync(server, "member", "add", "second", "--peer-urls", PeerUrl);

        Assert.Contains("exit code 0", text, StringComparison.Ordinal);
        Assert.Contains("second=" + PeerUrl, text, StringComparison.Ordinal);
        Assert.Contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\"", text, StringComparison.Ordinal);
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("member", "add")]
    [InlineData("member", "add", "n")]
    [InlineData("member", "add", "n", "http://127.0.0.1:1")]
    [InlineData("member", "add", "n", "m", "k", "--peer-urls=http://127.0.0.1:1")]
    [InlineData("member", "add", "n", "--peer-urls=foo")]
    [InlineData("member", "add", "n", "--peer-urls=http://foo")]
    [InlineData("member", "add", "n", "--peer-urls=http://foo:1/path")]
    [InlineData("member", "remove")]
    [InlineData("member", "remove", "zz")]
    [InlineData("member", "remove", "11111111111111111")]
    [InlineData("member", "update")]
    [InlineData("member", "update", "55")]
    [InlineData("member", "promote", "-")]
    [InlineData("move-leader")]
    [InlineData("move-leader", "zz")]
    [InlineData("move-leader", "1", "2")]
    [InlineData("member", "add", "--help")]
    [InlineData("member", "update", "--help")]
    [InlineData("member", "promote", "--help")]
    [InlineData("move-leader", "--help")]
    [InlineData("defrag", "--help")]
    [InlineData("completion", "--help")]
    [InlineData("__complete", "member", "")]
    [InlineData("__completeNoDesc", "member", "pro")]
    public async Task Arguments_NoServerNeeded_EqualTheRealOne(params string[] arguments)
    {
        string real = await RunAsync(RealEtcd.Ctl("3.5"), "127.0.0.1:1", arguments);
        string ours = await RunAsync(OurPrograms.Ctl, "127.0.0.1:1", arguments);

        Assert.Equal(real, ours);
    }

    [GeneratedRegex("Member +([0-9a-f]+) added")]
    private static partial Regex Id();

    [GeneratedRegex("\"ID\":([0-9]+),\"peerURLs\"")]
    private static partial Regex JsonId();

    private static EtcdServerOptions Options(ServerKind kind, TemporaryDirectory directory) => new()
    {
        Kind = kind,
        DataDirectory = directory.File("data"),
        ClientPort = LoopbackPorts.Take(),
        PeerPort = LoopbackPorts.Take(),
    };

    private static Task<string> OursAsync(EtcdServer server, params string[] arguments) =>
        RunAsync(OurPrograms.Ctl, server.Endpoint, arguments);

    private static async Task AssertEqualAsync(EtcdServer server, params string[] arguments) =>
        Assert.Equal(await RunAsync(RealEtcd.Ctl("3.5"), server.Endpoint, arguments), await RunAsync(OurPrograms.Ctl, server.Endpoint, arguments));

    // The added member's ID becomes a word, and the words of a line stand in one order, since the two members of a list may not.
    private static async Task<string> AddAndRemoveAsync(EtcdServer server, string program, string url, string format)
    {
        string text = await RunAsync(
            program, server.Endpoint, ["member", "add", "new", "--learner", "--peer-urls", url, "-w", format]);
        Match simple = Id().Match(text);
        ulong id = simple.Success
            ? Convert.ToUInt64(simple.Groups[1].Value, 16)
            : ulong.Parse(JsonId().Match(text).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        string hex = id.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        string removal = await RunAsync(program, server.Endpoint, ["member", "remove", hex]);
        string plain = (text + removal)
            .Replace(url, "URL", StringComparison.Ordinal)
            .Replace("Member " + hex.PadLeft(16), "Member MEMBER", StringComparison.Ordinal)
            .Replace(id.ToString(System.Globalization.CultureInfo.InvariantCulture), "MEMBER", StringComparison.Ordinal)
            .Replace(hex, "MEMBER", StringComparison.Ordinal);
        return string.Join('\n', plain.Split('\n').Select(line =>
            string.Join(' ', line.Split(Separators, StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))));
    }

    private static Task<string> RunAsync(string program, string endpoint, string[] arguments) =>
        new EtcdctlTranscript(program, endpoint, file: "").RunAsync(new EtcdctlStep(arguments), Cancellation);
}
