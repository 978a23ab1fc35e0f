using Etcd.Client;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Documentation;

/// <summary>docs/api.md: what it tells a reader to type works, and is answered as it says.</summary>
public sealed class ApiExampleTests : IDisposable
{
    // What every example may take for granted; what is there already answers with an error that nobody reads.
    private const string Given =
        """
        etcdctl --user root:secret auth disable; etcdctl put foo bar;
        curl $U/v3/lease/grant -d '{"TTL":"60","ID":"7"}'
        """;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Gateway_EachCompleteRequest_IsAnsweredAsThePageSays()
    {
        await using EtcdServer server = await StartAsync();
        await ShellAsync(server, "etcdctl put long $(head -c 100000 /dev/zero | tr '\\0' x)");
        int tried = 0;
        foreach (string[] row in await ApiPage.RowsAsync("JSON gateway"))
        {
            string request = ApiPage.CodeIn(row[1])[0];
            if (!request.StartsWith("curl ", StringComparison.Ordinal) || !ApiPage.IsComplete(request))
            {
                continue;
            }

            await ShellAsync(server, Given);
            await ShellAsync(server, row[0] switch
            {
                "grant a lease" => "curl $U/v3/lease/revoke -d '{\"ID\":\"7\"}'",
                "log in" or "with the token" => "etcdctl user add root:secret; etcdctl user grant-role root root; etcdctl auth enable",
                _ => "true",
            });
            CommandOutcome outcome = await ShellAsync(
                server,
                $$"""
                TOKEN=$(curl $U/v3/auth/authenticate -d '{"name":"root","password":"secret"}' | sed 's/.*"token":"//; s/".*//')
                {{request.Replace("curl ", "curl --max-time 2 ", StringComparison.Ordinal)}}
                """);

            string first = outcome.Output.Split('\n')[0];
            string expected = ApiPage.CodeIn(row[2]).FirstOrDefault(code => code.StartsWith('{')) ?? "{…}";
            Assert.True(ApiPage.Says(expected, first), $"{request}\nexpected {expected}\nanswered {first}\n{outcome.Errors}");
            tried++;
        }

        Assert.InRange(tried, 20, 100);
    }

    [Fact(Timeout = 120_000)]
    public async Task Etcdctl_EachCompleteCommand_PrintsWhatThePageSays()
    {
        await using EtcdServer server = await StartAsync();
        int tried = 0;
        string lease = "";
        bool hasUsers = false;
        foreach (string[] row in await ApiPage.RowsAsync("etcdctl and C#"))
        {
            string[] code = ApiPage.CodeIn(row[1]);
            bool isOfLease = row[0].StartsWith("Lease", StringComparison.Ordinal);
            if (code.Length == 0 || (code[0].Contains(" ID", StringComparison.Ordinal) && !isOfLease))
            {
                continue;
            }

            string arrow = row[1].Contains('→', StringComparison.Ordinal) ? row[1][row[1].IndexOf('→', StringComparison.Ordinal)..] : "";
            string[] examples = ApiPage.CodeIn(arrow);

            // Those that wait for something are ended when they have printed as much as the page shows; a watch is given changes to be seen.
            CommandOutcome outcome = await ShellAsync(
                server,
                $$"""
                {{(hasUsers && row[0] != "Authenticate" ? "etcdctl --user root:secret auth disable >/dev/null" : "")}}
                {{(row[0] == "Authenticate" ? "" : "etcdctl put foo bar >/dev/null")}}
                etcdctl() {
                    case $1 in watch|elect) ;; *) "$CTL" "$@"; return;; esac
                    "$CTL" "$@" >printed & waiting=$! tries=0
                    until [ "$(grep -c . printed)" -ge {{examples.Length}} ] || [ $tries -ge 100 ]; do
                        tries=$((tries + 1)); sleep 0.1
                        [ $1 != watch ] || "$CTL" put foo bar >/dev/null
                    done
                    kill $waiting; wait $waiting; cat printed
                }
                {{code[0].Replace(" ID", $" {lease}", StringComparison.Ordinal)}}
                """);
            hasUsers = row[0].StartsWith("AuthEnable", StringComparison.Ordinal) || (hasUsers && row[0] == "Authenticate");
            if (row[0] == "LeaseGrant")
            {
                lease = outcome.Output.Split(' ')[1];
            }

            string[] printed = outcome.Output.Split('\n');
            foreach (string example in examples)
            {
                string expected = example.Replace("ID", lease, StringComparison.Ordinal).Replace("127.0.0.1:2379", server.Endpoint, StringComparison.Ordinal);
                Assert.True(
                    printed.Any(line => ApiPage.Says(expected.TrimEnd(), line.TrimEnd())),
                    $"{code[0]}\nexpected {expected}\nprinted {outcome.Output}\n{outcome.Errors}");
            }

            Assert.True(examples.Length > 0 || outcome.ExitCode == 0, outcome.ToString());
            tried++;
        }

        Assert.InRange(tried, 30, 100);
    }

    [Fact]
    public async Task Client_EachLine_StandsInCodeThatIsRun()
    {
        string source = ApiPage.Joined(await File.ReadAllTextAsync(
            Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Documentation", "ClientExamples.cs"), Cancellation));
        string[] lines = [.. (await ApiPage.RowsAsync("etcdctl and C#")).SelectMany(row => ApiPage.CodeIn(row[2]))];

        Assert.InRange(lines.Length, 35, 100);
        Assert.All(lines, line => Assert.Contains(ApiPage.Joined(line.Split('…')[0]), source, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Client_EachLine_Works()
    {
        await using EtcdServer server = await StartAsync();
        string endpoint = $"http://{server.Endpoint}";
        await using var client = new EtcdClient(endpoint);

        await ClientExamples.KeysAsync(client);
        await ClientExamples.WatchesAndLeasesAsync(client, Cancellation);
        await ClientExamples.MaintenanceAsync(client, Stream.Null);
        await ClientExamples.CoordinationAsync(client, Cancellation);
        await ClientExamples.UsersAsync(client, endpoint);
        await ClientExamples.MembersAsync(client);
    }

    public void Dispose() => _directory.Dispose();

    private Task<EtcdServer> StartAsync() => EtcdServer.StartAsync(
        new EtcdServerOptions { DataDirectory = _directory.File("data"), Flags = ["--bcrypt-cost=4"] }, Cancellation);

    private Task<CommandOutcome> ShellAsync(EtcdServer server, string line) => new Command(
        "/bin/sh",
        ["-c", $"cd {_directory.Path}; etcdctl() {{ \"$CTL\" \"$@\"; }}; curl() {{ /usr/bin/curl -s \"$@\"; }}\n{line.Replace("localhost:2379", server.Endpoint, StringComparison.Ordinal)}"])
    {
        Environment = new Dictionary<string, string>
        {
            ["U"] = $"http://{server.Endpoint}",
            ["CTL"] = OurPrograms.Ctl,
            ["ETCDCTL_ENDPOINTS"] = server.Endpoint,
        },
    }.RunAsync(Cancellation);
}
