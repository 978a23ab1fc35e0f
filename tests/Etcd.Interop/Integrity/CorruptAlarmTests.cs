using System.Text;
using System.Text.RegularExpressions;

using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Integrity;

/// <summary>Under the alarm CORRUPT every command and every path for operators answers as real etcd does.</summary>
public sealed partial class CorruptAlarmTests : IDisposable
{
    private const ulong FixedMember = 0x8e9e05c52164694d;

    private static readonly string[] Commands =
    [
        "alarm list", "get k", "get k --consistency=s", "put k 2", "del k", "compaction 2", "lease grant 60", "lease list",
        "lease timetolive {lease}", "lease keep-alive --once {lease}", "lease revoke {lease}", "member list", "user add u:p",
        "role add r", "auth status", "endpoint health", "defrag", "alarm disarm", "put k 3",
    ];

    private static readonly string[] Paths =
    [
        "/health", "/health?exclude=CORRUPT", "/health?exclude=NOSPACE", "/health?serializable=true", "/livez", "/readyz",
        "/readyz?exclude=data_corruption", "/readyz?allowlist=data_corruption", "/readyz/data_corruption", "/livez/serializable_read",
    ];

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 90_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Server_UnderTheAlarm_AnswersAsRealEtcd()
    {
        string[] answers = await Task.WhenAll(AnswersAsync(ServerKind.Ours), AnswersAsync(ServerKind.Real35));

        Assert.Contains("\"reason\":\"ALARM CORRUPT\"", answers[0], StringComparison.Ordinal);
        Assert.Contains("etcdserver: corrupt cluster", answers[0], StringComparison.Ordinal);
        Assert.Equal(answers[1], answers[0]);
    }

    // What was made before the alarm, the alarm, then all there is to ask.
    private async Task<string> AnswersAsync(ServerKind kind)
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File(kind.ToString()), HasFixedIdentity = true }, Cancellation);
        await using var connection = new EtcdConnection(server);
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Bytes("k"), Value = Bytes("1") });
        long lease = (await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { ID = 4711, TTL = 600 })).ID;
        await connection.CallAsync(EtcdMethods.Alarm, new AlarmRequest
        {
            Action = AlarmRequest.Types.AlarmAction.Activate,
            Alarm = AlarmType.Corrupt,
            MemberID = FixedMember,
        });

        var answers = new StringBuilder();
        using var http = new HttpClient { BaseAddress = server.Address };
        foreach (string path in Paths)
        {
            using HttpResponseMessage reply = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            string body = await reply.Content.ReadAsStringAsync(Cancellation);

            // Real etcd names the checks in another order each time.
            answers.Append($"{path} {(int)reply.StatusCode} {string.Join('\n', body.Trim().Split('\n').Order(StringComparer.Ordinal))}\n");
        }

        if (kind == ServerKind.Ours)
        {
            string metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
            Assert.Contains("etcd_debugging_server_alarms{alarm_type=\"CORRUPT\",server_id=\"8e9e05c52164694d\"} 1\n", metrics, StringComparison.Ordinal);
        }

        foreach (string command in Commands)
        {
            string[] arguments = command.Replace("{lease}", lease.ToString("x", null), StringComparison.Ordinal).Split(' ');
            CommandOutcome outcome = await new Command(OurPrograms.Ctl, ["--endpoints", server.Endpoint, .. arguments]).RunAsync(Cancellation);
            answers.Append($"$ {command}: {outcome.ExitCode}\n{Plain(outcome.Output, server)}{Plain(ErrorOf(outcome), server)}");
        }

        return answers.ToString();
    }

    // A warning with time and address stands before the error of a call that failed.
    private static string ErrorOf(CommandOutcome outcome) =>
        string.Join('\n', outcome.Errors.Split('\n').Where(line => line.StartsWith("Error:", StringComparison.Ordinal))) + "\n";

    private static string Plain(string output, EtcdServer server) =>
        Changing().Replace(output.Replace(server.Endpoint, "<endpoint>", StringComparison.Ordinal), "<changes>");

    private static Google.Protobuf.ByteString Bytes(string text) => Google.Protobuf.ByteString.CopyFromUtf8(text);

    [GeneratedRegex(@"took = [^ \n]+|remaining\(\d+s\)|took [0-9.µm]+s")]
    private static partial Regex Changing();
}
