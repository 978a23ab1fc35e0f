using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>How long <c>etcdctl get</c> of one key takes from process start to exit, each client against the same server.</summary>
internal static class ClientStartComparison
{
    public static async Task<(TimeSpan Subject, TimeSpan Reference)> RunAsync(ComparisonOptions options, Contestant server)
    {
        const int Turns = 15;
        await RunOnceAsync(ServerKind.Real35, server, "put", "client-start", "x");
        var subject = new List<double>();
        var reference = new List<double>();
        for (int turn = 0; turn < Turns; turn++)
        {
            subject.Add(await RunOnceAsync(options.Subject, server, "get", "client-start"));
            reference.Add(await RunOnceAsync(options.Reference, server, "get", "client-start"));
        }

        return (TimeSpan.FromMilliseconds(CaseMedians.Middle(subject)), TimeSpan.FromMilliseconds(CaseMedians.Middle(reference)));
    }

    private static async Task<double> RunOnceAsync(ServerKind client, Contestant server, params string[] arguments)
    {
        CommandOutcome outcome = await new Command(ProgramOf(client), ["--endpoints", server.Server.Endpoint, .. arguments])
        {
            Environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "3" },
        }.RunAsync();
        return outcome.MustSucceed().Took.TotalMilliseconds;
    }

    private static string ProgramOf(ServerKind client) => client switch
    {
        ServerKind.Ours => OurPrograms.Ctl,
        ServerKind.Real34 => RealEtcd.Ctl("3.4"),
        _ => RealEtcd.Ctl("3.5"),
    };
}
