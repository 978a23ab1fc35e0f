using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary><c>etcdctl backup</c> of the v2 commands, as etcd's older guides use it.</summary>
public sealed class V2BackupTests : IDisposable
{
    private static readonly Dictionary<string, string> V2 = new() { ["ETCDCTL_API"] = "2" };
    private static readonly Dictionary<string, string> V3 = new() { ["ETCDCTL_API"] = "3" };

    // A machine that is busy may need longer than the two seconds by default.
    private static readonly string[] Patient = ["--timeout", "30s", "--total-timeout", "60s"];

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 90_000)]
    [InlineData(true, "v\n")]
    [InlineData(false, "")]
    public async Task Backup_OfAStoppedMember_StartsAsAClusterOfItsOwn(bool withV3, string expected)
    {
        await using (EtcdServer server = await StartAsync("data"))
        {
            (await CtlAsync(server, V2, [.. Patient, "set", "/message", "Hello"])).MustSucceed();
            (await CtlAsync(server, V3, "put", "k", "v")).MustSucceed();
            await server.TerminateAsync();
        }

        CommandOutcome backup = await new Command(
            OurPrograms.Ctl,
            ["backup", "--data-dir", _directory.File("data"), "--backup-dir", _directory.File("copy"), .. withV3 ? new[] { "--with-v3" } : []])
        {
            Environment = V2,
        }.RunAsync(Cancellation);
        backup.MustSucceed();
        await using EtcdServer copy = await StartAsync("copy", "--force-new-cluster");

        Assert.Equal("Hello\n", (await CtlAsync(copy, V2, [.. Patient, "get", "/message"])).MustSucceed().Output);
        Assert.Equal(expected, (await CtlAsync(copy, V3, "get", "k", "--print-value-only")).MustSucceed().Output);
    }

    [Fact(Timeout = 60_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Help_OfTheCommand_IsTheRealOnes()
    {
        string[] pages = await Task.WhenAll(new[] { OurPrograms.Ctl, RealEtcd.Ctl("3.4") }.Select(async program =>
            (await new Command(program, ["backup", "--help"]) { Environment = V2 }.RunAsync(Cancellation)).MustSucceed().Output));

        Assert.Equal(pages[1], pages[0]);
    }

    private Task<EtcdServer> StartAsync(string directory, params string[] flags) =>
        EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _directory.File(directory), Flags = flags }, Cancellation);

    private static Task<CommandOutcome> CtlAsync(EtcdServer server, Dictionary<string, string> environment, params string[] arguments) =>
        new Command(OurPrograms.Ctl, ["--endpoints", $"http://{server.Endpoint}", .. arguments]) { Environment = environment }.RunAsync(Cancellation);
}
