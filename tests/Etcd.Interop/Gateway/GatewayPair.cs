using System.Globalization;
using System.Text.RegularExpressions;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Gateway;

/// <summary>Fresh servers of this repository and of real etcd 3.5, and what curl gets from each, with names in place of what must differ.</summary>
internal sealed partial class GatewayPair : IAsyncDisposable
{
    // For the shell: the token of a login, and the leader's key as the election service names it.
    private const string Functions =
        """token() { curl -s -X POST "$U/v3/auth/authenticate" -d '{"name":"root","password":"r"}' | sed 's/.*"token": *"//; s/".*//'; }; """
        + """leader() { curl -s -X POST "$U/v3/election/leader" -d "{\"name\":\"$1\"}" """
        + """| sed -E 's/.*"key": *"([^"]*)", *"create_revision": *"([0-9]+)".*"lease": *"([0-9]+)".*/{"name":"'$1'","key":"\1","rev":"\2","lease":"\3"}/'; }; """;

    private readonly TemporaryDirectory _directory = new();

    private GatewayPair()
    {
    }

    public EtcdServer Ours { get; private set; } = null!;

    public EtcdServer Real { get; private set; } = null!;

    public static async Task<GatewayPair> StartAsync(CancellationToken cancellationToken, params string[] flags)
    {
        var pair = new GatewayPair();
        Task<EtcdServer> ours = StartAsync(ServerKind.Ours, pair._directory, flags, cancellationToken);
        Task<EtcdServer> real = StartAsync(ServerKind.Real35, pair._directory, flags, cancellationToken);
        pair.Ours = await ours;
        pair.Real = await real;
        return pair;
    }

    /// <summary>Runs curl with a line of options against both.</summary>
    public async Task<(string Ours, string Real)> CurlAsync(string line)
    {
        Task<string> ours = CurlAsync(Ours, line);
        Task<string> real = CurlAsync(Real, line);
        return (await ours, await real);
    }

    public async ValueTask DisposeAsync()
    {
        await Ours.DisposeAsync();
        await Real.DisposeAsync();
        _directory.Dispose();
    }

    private static Task<EtcdServer> StartAsync(
        ServerKind kind, TemporaryDirectory directory, string[] flags, CancellationToken cancellationToken) =>
        EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = directory.File(kind.ToString()), Flags = flags }, cancellationToken);

    private static async Task<string> CurlAsync(EtcdServer server, string line)
    {
        CommandOutcome outcome = await new Command("/bin/sh", ["-c", $"{Functions}curl -s -i --max-time 1 {line}"])
        {
            Environment = new Dictionary<string, string> { ["U"] = server.Address.ToString().TrimEnd('/') },
        }.RunAsync(TestContext.Current.CancellationToken);
        string text = outcome.Output
            .Replace("\r", "", StringComparison.Ordinal)
            .Replace("WWW-Authenticate", "Www-Authenticate", StringComparison.Ordinal)
            .Replace(server.ClientPort.ToString(CultureInfo.InvariantCulture), "<client>", StringComparison.Ordinal)
            .Replace(server.Options.PeerPort.ToString(CultureInfo.InvariantCulture), "<peer>", StringComparison.Ordinal);
        text = Changing().Replace(text, "");
        text = Identity().Replace(text, "\"<id>\"");
        text = Added().Replace(text, "");
        text = TimeLeft().Replace(text, "\"TTL\":\"<100>\"");

        // Go's library puts spaces after commas or not, as the program was built.
        text = text.Replace(", \"", ",\"", StringComparison.Ordinal).Replace("}, {", "},{", StringComparison.Ordinal);
        string[] parts = text.Split("\n\n", 2);
        return string.Join("\n\n", [string.Join('\n', parts[0].Split('\n').Order(StringComparer.Ordinal)), .. parts[1..]]);
    }

    [GeneratedRegex(@"(Date|Content-Length): [^\n]*\n")]
    private static partial Regex Changing();

    [GeneratedRegex("\"[0-9]{12,20}\"")]
    private static partial Regex Identity();

    // Fields of later releases, which real 3.5 does not have.
    [GeneratedRegex(",\"(storageVersion|dbSizeQuota|hash_revision)\":\"[^\"]*\"|,\"downgradeInfo\":{}|(?<=\"blob\":\"[^\"]*\"),\"version\":\"[^\"]*\"")]
    private static partial Regex Added();

    [GeneratedRegex("\"TTL\": *\"(99|100)\"")]
    private static partial Regex TimeLeft();
}
