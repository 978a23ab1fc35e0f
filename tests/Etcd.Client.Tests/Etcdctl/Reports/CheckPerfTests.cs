using System.Text;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Etcdctl;
using Etcdctl.CommandLine;
using Etcdctl.Commands;
using Etcdctl.Output;

using CtlCommand = Etcdctl.CommandLine.Command;

namespace Etcd.Client.Tests.Etcdctl.Reports;

// The command itself takes a minute; here it takes a second.
public class CheckPerfTests
{
    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task CheckPerf_OfARunningServer_JudgesAndLeavesNothing()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using TemporaryDirectory directory = new();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = ServerKind.Real35, DataDirectory = directory.File("data") }, cancellation);
        CtlCommand command = CommandTree.Create().FindChild("check")!.FindChild("perf")!;
        FlagSet flags = command.AllFlags();
        flags.Parse(["--endpoints", server.Endpoint, "--auto-compact"]);
        using MemoryStream output = new();
        using Terminal terminal = new(() => Stream.Null, () => output, () => Stream.Null);

        // A machine that is busy with other tests may be judged too slow, which is an outcome as good as the other.
        try
        {
            await CheckPerfCommand.RunAsync(new CommandContext(command, flags, [], [], terminal), TimeSpan.FromSeconds(1));
        }
        catch (CommandFailedException failure)
        {
            Assert.Equal((ExitCode.Error, ""), (failure.Code, failure.Message));
        }

        terminal.Flush();
        string[] lines = Encoding.UTF8.GetString(output.ToArray()).TrimEnd('\n').Split('\n');
        await using EtcdClient client = new(server.Endpoint);
        Assert.Equal(6, lines.Length);
        Assert.Matches("^Compacted with revision [0-9]+$", lines[1]);
        Assert.Matches("(PASS: Throughput is|FAIL: Throughput too low:) [0-9]+ writes/s$", lines[2]);
        Assert.Matches("^(PASS: Slowest request took|Slowest request took too long:) [0-9]+\\.[0-9]{6}s$", lines[3]);
        Assert.Matches("^(PASS: Stddev is|Stddev too high:) [0-9]+\\.[0-9]{6}s$", lines[4]);
        Assert.Matches("^(PASS|FAIL)$", lines[5]);
        Assert.Empty((await client.Kv.GetAsync(KeyRange.All, cancellationToken: cancellation)).Kvs);
    }
}
