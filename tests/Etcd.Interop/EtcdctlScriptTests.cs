using Etcd.Interop.Scripting;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop;

/// <summary>Scripts of <c>etcdctl</c> commands print, against this server, byte for byte what they print against real etcd 3.5. The expected
/// transcripts were recorded there; <c>ETCD_RECORD_SCRIPTS=1</c> records them anew, and review reads the difference.</summary>
public class EtcdctlScriptTests
{
    private const string RecordVariable = "ETCD_RECORD_SCRIPTS";

    private static readonly string ScriptDirectory = Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Scripts");

    private static bool IsRecording => Environment.GetEnvironmentVariable(RecordVariable) == "1";

    public static IEnumerable<TheoryDataRow<string, ScriptClient, ServerKind>> Runs() =>
        from script in Directory.EnumerateFiles(ScriptDirectory, "*.script").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)
        from server in new[] { ServerKind.Real35, ServerKind.Ours }
        from client in new[] { ScriptClient.Real34, ScriptClient.Real35, ScriptClient.Ours }
        select new TheoryDataRow<string, ScriptClient, ServerKind>(script!, client, server)
        {
            Skip = (server == ServerKind.Real35 || client != ScriptClient.Ours) && !RealEtcd.IsPresent ? RealEtcd.AbsentReason : null,
        };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Script_AnyClientAndServer_PrintsTheRecordedTranscript(string script, ScriptClient client, ServerKind kind)
    {
        Assert.SkipWhen(IsRecording && (kind != ServerKind.Real35 || client == ScriptClient.Ours), "only real programs are recorded");
        string expectedFile = Path.Combine(ScriptDirectory, $"{script}.{client.OutputVersion()}.expected");
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(new EtcdServerOptions
        {
            Kind = kind,
            DataDirectory = directory.File("data"),
            HasFixedIdentity = true,
        }, TestContext.Current.CancellationToken);
        IReadOnlyList<ScriptCommand> commands =
            ScriptCommand.Parse(await File.ReadAllLinesAsync(Path.Combine(ScriptDirectory, $"{script}.script"), TestContext.Current.CancellationToken));

        string transcript = await new ScriptRunner(client, server, directory.Path).RunAsync(commands);

        if (IsRecording)
        {
            await File.WriteAllTextAsync(expectedFile, transcript, CancellationToken.None);
        }

        Assert.Equal(await File.ReadAllTextAsync(expectedFile, CancellationToken.None), transcript);
    }
}
