using Etcd.Testing;

namespace Etcd.Interop.Documentation;

/// <summary>docs/operations.md: its procedures, typed as they stand there, keep every key with its revisions and the hash of all of them.</summary>
public sealed class OperationsTests : IDisposable
{
    private const string RestoredCopy = "restored.etcd";
    private const string AnyMoment = "Any moment, not only last night's";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(SkipType = typeof(RealEtcd), SkipUnless = nameof(RealEtcd.IsPresent), Skip = RealEtcd.AbsentReason)]
    [InlineData("3.5")]
    [InlineData("3.4")]
    public async Task InPlaceAndTheWayBack_AsWritten_KeepEverything(string real)
    {
        await using OperatedMachine machine = OperatedMachine.Make(_directory.Path, 1, real)[0];
        await machine.TypeAsync(["etcd --data-dir /var/lib/etcd"]);
        await FillAsync(machine, "etcdctl");
        string content = await machine.ContentAsync();

        IReadOnlyList<string> moved = await machine.TypeAsync(OperationsPage.Commands("In place, one member"));

        Assert.Equal(HashOf(moved[1]), HashOf(moved[^1]));
        Assert.Equal(content, await machine.ContentAsync());
        if (real == "3.4")
        {
            // The page says that there is no way back, once the cluster version has risen.
            return;
        }

        await machine.TypeAsync(["bin/etcdctl put key-of-ours 1"]);
        content = await machine.ContentAsync();
        IReadOnlyList<string> back = await machine.TypeAsync(OperationsPage.Commands("The way back"));

        Assert.Equal(HashOf(back[1]), HashOf(back[^1]));
        Assert.Equal(content, await machine.ContentAsync());
    }

    [Theory(SkipType = typeof(RealEtcd), SkipUnless = nameof(RealEtcd.IsPresent), Skip = RealEtcd.AbsentReason)]
    [InlineData("3.5")]
    [InlineData("3.4")]
    public async Task BySnapshot_AsWritten_KeepsEverything(string real)
    {
        await using OperatedMachine machine = OperatedMachine.Make(_directory.Path, 1, real)[0];
        await machine.TypeAsync(["etcd --data-dir /var/lib/etcd"]);
        await FillAsync(machine, "etcdctl");
        string content = await machine.ContentAsync();
        IReadOnlyList<string> commands = OperationsPage.Commands("By snapshot");

        await machine.TypeAsync([commands[0], "systemctl stop etcd", .. commands.Skip(1)]);

        Assert.Equal(content, await machine.ContentAsync());
    }

    [Fact]
    public async Task BackupAndRestore_AsWritten_KeepsEverything()
    {
        await using OperatedMachine machine = OperatedMachine.Make(_directory.Path, 1)[0];
        await machine.TypeAsync(["bin/etcd --data-dir /var/lib/etcd"]);
        await FillAsync(machine, "bin/etcdctl");
        string content = await machine.ContentAsync();
        IReadOnlyList<string> commands = OperationsPage.Commands("Backup and restore");

        IReadOnlyList<string> saved = await machine.TypeAsync(commands.Take(2));
        await machine.TypeAsync(["systemctl stop etcd", .. commands.Skip(2)]);

        Assert.Contains("REVISION", saved[1], StringComparison.Ordinal);
        Assert.Equal(content, await machine.ContentAsync());

        // And a copy of the directory, as for keys of the v2 API.
        await machine.TypeAsync(["systemctl stop etcd", .. OperationsPage.Commands("Copies with v2 keys")]);
        Assert.Equal(content, await machine.ContentAsync());
        await machine.TypeAsync(["systemctl stop etcd", "bin/etcd --data-dir /backup/copy"]);
        Assert.Equal(content, await machine.ContentAsync());
    }

    [Fact]
    public async Task AnyMoment_AsWritten_GoesBackToTheRevisionTheTimeAndTheEnd()
    {
        await using OperatedMachine machine = OperatedMachine.Make(_directory.Path, 1)[0];
        await machine.TypeAsync(["bin/etcd --data-dir /var/lib/etcd", "bin/etcdctl snapshot save backup.db"]);

        await machine.TypeAsync(["bin/etcdctl put key good", .. KeepOnce()]);
        long revision = RevisionIn(await machine.TypeAsync(["bin/etcdctl get key -w fields"]));
        DateTimeOffset time = DateTimeOffset.UtcNow;
        await Task.Delay(TimeSpan.FromMilliseconds(20), Cancellation);
        await machine.TypeAsync(["bin/etcdctl put key wrong", .. KeepOnce(), "systemctl stop etcd"]);

        string[] restores = [.. OperationsPage.Commands(AnyMoment, 2), .. OperationsPage.Commands(AnyMoment, 4)];

        Assert.Equal(5, restores.Length);
        foreach (string restore in restores)
        {
            string here = At(restore, revision)
                .Replace("2026-05-01T11:59:00Z", time.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
            await machine.TypeAsync([here, $"bin/etcd --data-dir {RestoredCopy}"]);
            string value = (await machine.TypeAsync(["bin/etcdctl get key --print-value-only"]))[0].Trim();
            Assert.True(value == (restore == here ? "wrong" : "good"), $"{here}: {value}");
            await machine.TypeAsync(["systemctl stop etcd"]);
            Directory.Delete(machine.Local(RestoredCopy), recursive: true);
        }
    }

    // The revision that was given up has a number which the history after the restore uses again.
    [Fact]
    public async Task AnEarlierHistory_AsWritten_HasWhatTheRestoreGaveUp()
    {
        await using OperatedMachine machine = OperatedMachine.Make(_directory.Path, 1)[0];
        await machine.TypeAsync(["bin/etcd --data-dir /var/lib/etcd", "bin/etcdctl put key good", .. KeepOnce()]);
        long good = RevisionIn(await machine.TypeAsync(["bin/etcdctl get key -w fields"]));
        await machine.TypeAsync(["bin/etcdctl put key given-up", .. KeepOnce(), "systemctl stop etcd", At(OperationsPage.Commands(AnyMoment, 2)[1], good)]);
        await machine.TypeAsync([$"bin/etcd --data-dir {RestoredCopy}", "bin/etcdctl put key later", .. KeepOnce()]);
        Assert.Equal(good + 1, RevisionIn(await machine.TypeAsync(["bin/etcdctl get key -w fields"])));
        await machine.TypeAsync(["systemctl stop etcd"]);
        Directory.Delete(machine.Local(RestoredCopy), recursive: true);

        await machine.TypeAsync([At(Assert.Single(OperationsPage.Commands(AnyMoment, 3)), good + 1), $"bin/etcd --data-dir {RestoredCopy}"]);

        Assert.Equal("given-up", (await machine.TypeAsync(["bin/etcdctl get key --print-value-only"]))[0].Trim());
    }

    [Theory(SkipType = typeof(RealEtcd), SkipUnless = nameof(RealEtcd.IsPresent), Skip = RealEtcd.AbsentReason)]
    [InlineData("3.5")]
    [InlineData("3.4")]
    public async Task Cluster_RolledOverThenWithoutQuorumThenWithoutMembers_AsWritten_KeepsEverything(string real)
    {
        IReadOnlyList<OperatedMachine> machines = OperatedMachine.Make(_directory.Path, 3, real);
        await using OperatedMachine first = machines[0];
        await using OperatedMachine second = machines[1];
        await using OperatedMachine third = machines[2];
        IReadOnlyList<string> start = OperationsPage.Commands("Start three members");
        await OnEachAsync(machines, [start[0].Replace("bin/etcd", "etcd", StringComparison.Ordinal)]);
        await FillAsync(first, "etcdctl");
        string content = await first.ContentAsync();

        IReadOnlyList<string> rolling = OperationsPage.Commands("Rolling, a cluster");
        await first.TypeAsync([rolling[0]]);
        for (int number = 1; number <= 3; number++)
        {
            await machines[number - 1].TypeAsync(rolling.Skip(1).Select(line => For(number, line)));
        }

        Assert.Equal(content, await first.ContentAsync());
        await first.TypeAsync(["bin/etcdctl --endpoints 10.0.0.1:2379 snapshot save /backup/backup.db"]);

        await second.TypeAsync(["systemctl stop etcd"]);
        await third.TypeAsync(["systemctl stop etcd"]);
        IReadOnlyList<string> forced = await first.TypeAsync(OperationsPage.Commands("When the quorum is lost", 2));
        Assert.Single(forced[3].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(content, await first.ContentAsync());

        await first.TypeAsync(["systemctl stop etcd"]);
        foreach (OperatedMachine machine in machines)
        {
            Directory.Delete(machine.Local("/var/lib/etcd"), recursive: true);
        }

        await OnEachAsync(machines, [.. OperationsPage.Commands("When no member is left"), .. start]);
        Assert.Equal(content, await first.ContentAsync());
        await first.TypeAsync(["bin/etcdctl put key after", "bin/etcdctl endpoint health"]);
    }

    /// <summary>Types on every machine what the page shows for the first, "likewise".</summary>
    private static async Task OnEachAsync(IReadOnlyList<OperatedMachine> machines, IReadOnlyList<string> lines)
    {
        for (int number = 1; number <= machines.Count; number++)
        {
            await machines[number - 1].TypeAsync(lines.Select(line => For(number, line)), waits: false);
        }

        await Task.WhenAll(machines.Select(machine => machine.WaitUntilReadyAsync()));
    }

    /// <summary>A command for the first machine as it is for another: its own name and addresses, the same list.</summary>
    private static string For(int number, string line)
    {
        string[] words = line.Split(' ');
        for (int at = 1; at < words.Length; at++)
        {
            words[at] = words[at - 1] switch
            {
                "--name" => $"m{number}",
                "--initial-cluster" or "--endpoints" => words[at],
                _ => words[at].Replace("10.0.0.1:", $"10.0.0.{number}:", StringComparison.Ordinal),
            };
        }

        return string.Join(' ', words);
    }

    private static Task FillAsync(OperatedMachine machine, string etcdctl) => machine.TypeAsync(
    [
        .. Enumerable.Range(0, 8).Select(number => $"{etcdctl} put key{number % 5} value{number}"),
        $"{etcdctl} del key3",
        $"{etcdctl} compaction 4",
    ]);

    /// <summary>Brings the directory of changes up to date: the page lets the command run on, here it ends.</summary>
    private static IEnumerable<string> KeepOnce() => OperationsPage.Commands(AnyMoment, 1).Select(line => line + " --once");

    /// <summary>A command with the revision of this run for that of the page.</summary>
    private static string At(string line, long revision) => line.Replace("4711", $"{revision}", StringComparison.Ordinal);

    private static string HashOf(string hashkv) => hashkv.Split(',')[1].Trim();

    private static long RevisionIn(IReadOnlyList<string> outputs) => long.Parse(
        outputs[0].Split('\n').Single(line => line.StartsWith("\"Revision\"", StringComparison.Ordinal)).Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
}
