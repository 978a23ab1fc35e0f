using Etcd.Testing;

namespace Etcd.Interop.V2;

/// <summary>Real <c>etcdctl</c> 3.4 under <c>ETCDCTL_API=2</c> says the same against this server as against real etcd 3.4.</summary>
public sealed class V2CtlTests
{
    private static readonly string Script = Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "V2", "commands.ctl");

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Commands_EveryOneOfTheScript_PrintTheSame()
    {
        await using V2Pair pair = await V2Pair.StartAsync(TestContext.Current.CancellationToken);
        var differences = new List<string>();
        foreach (string call in V2Script.Calls(await File.ReadAllTextAsync(Script, TestContext.Current.CancellationToken)))
        {
            (string ours, string real) = await pair.RunAsync(V2Script.ForShell(call));
            if (ours != real)
            {
                differences.Add($"=== etcdctl {call}\n--- against real\n{real}\n--- against ours\n{ours}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
