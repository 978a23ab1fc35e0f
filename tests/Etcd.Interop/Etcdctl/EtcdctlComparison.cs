using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Runs one script with the real etcdctl 3.5 and with ours and compares the transcripts.</summary>
public static class EtcdctlComparison
{
    /// <summary>Runs the script twice, each etcdctl against a fresh server of its own on the same ports: revisions and IDs, which etcd makes
    /// of the addresses, then agree.</summary>
    public static async Task AssertEqualAsync(ServerKind kind, IEnumerable<EtcdctlStep> script)
    {
        EtcdctlStep[] steps = [.. script];
        int clientPort = LoopbackPorts.Take();
        int peerPort = LoopbackPorts.Take();
        IReadOnlyList<string> real = await RunAsync(kind, RealEtcd.Ctl("3.5"), steps, clientPort, peerPort);
        IReadOnlyList<string> ours = await RunAsync(kind, OurPrograms.Ctl, steps, clientPort, peerPort);
        AssertEqual(real, ours);
    }

    /// <summary>Compares two lists of transcripts; the message shows each step that differs.</summary>
    public static void AssertEqual(IReadOnlyList<string> real, IReadOnlyList<string> ours)
    {
        List<string> differences = [];
        foreach ((string expected, string actual) in real.Zip(ours))
        {
            if (expected != actual)
            {
                differences.Add($"=== real\n{expected}\n=== ours\n{actual}");
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {real.Count} steps differ:\n" + string.Join("\n", differences));
    }

    private static async Task<IReadOnlyList<string>> RunAsync(
        ServerKind kind, string program, IReadOnlyList<EtcdctlStep> steps, int clientPort, int peerPort)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using TemporaryDirectory directory = new();
        EtcdServerOptions options = new()
        {
            Kind = kind,
            DataDirectory = directory.File("data"),
            ClientPort = clientPort,
            PeerPort = peerPort,
            Flags = ["--bcrypt-cost=4"],
        };
        await using EtcdServer server = await EtcdServer.StartAsync(options, cancellationToken);
        EtcdctlTranscript transcript = new(program, server.Endpoint, directory.File("file"));
        List<string> texts = [];
        foreach (EtcdctlStep step in steps)
        {
            texts.Add(await transcript.RunAsync(step, cancellationToken));
        }

        return texts;
    }
}
