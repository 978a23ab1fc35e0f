using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Offline;

/// <summary>Our <c>etcdutl</c> beside the real one: same output, same errors, same exit codes, same files.</summary>
public sealed partial class EtcdutlTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static bool IsPossible => RealEtcd.IsPresent && SharedMaterial.IsPresent;

    public static TheoryData<string> Snapshots => ["v34-snapshot", "v35-snapshot"];

    public static TheoryData<string> CommandLines =>
    [
        "version",
        "version extra -w json",
        "snapshot",
        "snapshot --help",
        "snapshot status --help",
        "snapshot restore --help",
        "defrag --help",
        "version --help",
        "help version",
        "help snapshot status",
        "frob",
        "versoin",
        "snapshot frob",
        "defrag",
        "snapshot status",
        "snapshot status a b",
        "snapshot status nope",
        "snapshot status plain.txt",
        "snapshot status .",
        "snapshot status SNAPSHOT -w xml",
        "snapshot status SNAPSHOT -w protobuf",
        "snapshot status --frob SNAPSHOT",
        "snapshot status SNAPSHOT -w",
        "snapshot status SNAPSHOT --write-out",
        "snapshot status SNAPSHOT -xw",
        "snapshot restore",
        "snapshot restore SNAPSHOT",
        "snapshot restore a b --data-dir new",
        "snapshot restore nope --data-dir new",
        "snapshot restore SNAPSHOT --data-dir new --name other",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster=",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster foo",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://localhost",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://localhost:1/a",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://127.0.0.1:5555",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://localhost:2380,b=http://localhost:2380",
        "snapshot restore SNAPSHOT --data-dir new --initial-advertise-peer-urls foo",
        "snapshot restore SNAPSHOT --data-dir new --initial-advertise-peer-urls http://localhost:2380,http://localhost:2381",
        "snapshot restore SNAPSHOT --data-dir new --bump-revision 5",
        "snapshot restore SNAPSHOT --data-dir new --mark-compacted",
        "snapshot restore SNAPSHOT --data-dir new --bump-revision x",
        "snapshot restore SNAPSHOT --data-dir new --bump-revision=-1",
        "snapshot restore SNAPSHOT --data-dir new --bump-revision=99999999999999999999999",
        "snapshot restore SNAPSHOT --data-dir new --mark-compacted=x",
        "snapshot restore SNAPSHOT --data-dir new --name",
        "snapshot restore SNAPSHOT --data-dir full",
        "snapshot restore SNAPSHOT --data-dir plain.txt",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://::1:2380",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://localhost:abc",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://loc%zz:2380",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://a^b:2380",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://localhost:2380/",
        "snapshot restore SNAPSHOT --data-dir new --initial-cluster default=http://localhost:2380,default=http://localhost:2380",
        "snapshot restore SNAPSHOT --data-dir new --initial-advertise-peer-urls http://localhost:2380,http://localhost:2380",
        "snapshot restore SNAPSHOT --data-dir new --wal-dir full",
        "snapshot restore DAMAGED --data-dir new",
        "snapshot restore DATABASE --data-dir new",
        "snapshot save file",
        "snapshot save --help",
        "backup",
        "backup --help",
        "backup --data-dir nope",
        "check v2store",
        "check v2store --help",
        "check v2store --data-dir nope",
        "check frob",
        "check",
        "completion",
        "completion --help",
        "completion frob",
        "completion bash --help",
        "completion zsh --help",
        "completion fish --help",
        "completion powershell --help",
        "completion bash frob",
        "completion zsh --frob",
    ];

    public void Dispose() => _directory.Dispose();

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [MemberData(nameof(CommandLines))]
    public async Task CommandLine_GoodOrBad_AnswersAsTheRealOne(string line)
    {
        CommandOutcome real = await RunAsync(RealEtcd.Utl, Prepare("real"), line);
        CommandOutcome ours = await RunAsync(OurPrograms.Utl, Prepare("ours"), line);

        Assert.Equal((real.ExitCode, real.Output, WithoutNotices(real.Errors)), (ours.ExitCode, ours.Output, WithoutNotices(ours.Errors)));
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [MemberData(nameof(Snapshots))]
    public async Task SnapshotStatus_InEveryFormat_PrintsTheSameBytes(string snapshot)
    {
        string path = Unpack(snapshot, _directory.File(snapshot));
        foreach (string format in new[] { "simple", "json", "fields", "table" })
        {
            CommandOutcome real = await RunAsync(RealEtcd.Utl, _directory.Path, $"snapshot status {path} -w {format}");
            CommandOutcome ours = await RunAsync(OurPrograms.Utl, _directory.Path, $"snapshot status {path} -w {format}");

            Assert.Equal((0, real.Output), (ours.ExitCode, ours.Output));
        }
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("")]
    [InlineData("--name n1 --initial-cluster n1=http://127.0.0.1:1,n2=http://127.0.0.1:2 --initial-advertise-peer-urls http://127.0.0.1:1")]
    [InlineData("--initial-cluster-token other --wal-dir log")]
    [InlineData("--wal-dir new/member/wal")]
    [InlineData("--wal-dir new/log")]
    [InlineData("--bump-revision 1000 --mark-compacted")]
    [InlineData("--bump-revision 0x1_0 --mark-compacted")]
    [InlineData("--initial-cluster default=HTTP://localhost:2380")]
    [InlineData("--initial-cluster default=http://[fe80::1%25eth0]:2380 --initial-advertise-peer-urls http://[fe80::1%25eth0]:2380")]
    public async Task SnapshotRestore_SameFlags_WritesTheSameDatabaseAndLog(string flags)
    {
        string real = Prepare("real"), ours = Prepare("ours");

        (await RunAsync(RealEtcd.Utl, real, $"snapshot restore SNAPSHOT --data-dir new {flags}")).MustSucceed();
        (await RunAsync(OurPrograms.Utl, ours, $"snapshot restore SNAPSHOT --data-dir new {flags}")).MustSucceed();

        Assert.Equal(FileNames(real), FileNames(ours));
        Assert.Equal(await StatusAsync(real), await StatusAsync(ours));
        Assert.Equal(LogHead(real), LogHead(ours));
    }

    // etcdctl does not ask for the directory, etcdutl takes an empty name.
    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData(true, "")]
    [InlineData(true, "--name n1 --initial-cluster n1=http://localhost:2380 --wal-dir log")]
    [InlineData(false, "--data-dir=")]
    public async Task SnapshotRestore_NoDataDirectoryIsNamed_TakesTheNameOfTheMember(bool byEtcdctl, string flags)
    {
        string real = Prepare("real"), ours = Prepare("ours");

        (await RunAsync(byEtcdctl ? RealEtcd.Ctl("3.5") : RealEtcd.Utl, real, $"snapshot restore SNAPSHOT {flags}")).MustSucceed();
        (await RunAsync(byEtcdctl ? OurPrograms.Ctl : OurPrograms.Utl, ours, $"snapshot restore SNAPSHOT {flags}")).MustSucceed();

        Assert.Equal(FileNames(real), FileNames(ours));
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("v34-snapshot", "3.4")]
    [InlineData("v35-snapshot", "3.5")]
    public async Task SnapshotRestore_ByOurs_IsADirectoryThatRealEtcdServes(string snapshot, string version)
    {
        int peerPort = LoopbackPorts.Take();
        string data = _directory.File("data");
        string peer = $"http://127.0.0.1:{peerPort}";
        string path = Unpack(snapshot, _directory.File("saved"));
        await RunAsync(
            OurPrograms.Utl,
            _directory.Path,
            $"snapshot restore {path} --data-dir {data} --initial-cluster default={peer} --initial-advertise-peer-urls {peer}");

        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                Kind = version == "3.4" ? ServerKind.Real34 : ServerKind.Real35,
                DataDirectory = data,
                PeerPort = peerPort,
            },
            TestContext.Current.CancellationToken);
        // The 3.5 snapshot was taken with authentication on.
        string[] user = version == "3.4" ? [] : ["--user", "root:rootpw"];
        CommandOutcome status = await new Command(RealEtcd.Ctl("3.5"), ["--endpoints", server.Endpoint, .. user, "endpoint", "status", "-w", "fields"])
            .RunAsync(TestContext.Current.CancellationToken);

        CommandOutcome hash = await new Command(RealEtcd.Ctl("3.5"), ["--endpoints", server.Endpoint, .. user, "endpoint", "hashkv"])
            .RunAsync(TestContext.Current.CancellationToken);

        Assert.Contains($"\"Revision\" : {await RevisionAsync(path)}\n", status.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal($"{server.Endpoint}, {HashAtSave(snapshot)}\n", hash.MustSucceed().Output);
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("v35-snapshot", 0, "1334773518, 86, 83")]
    [InlineData("v35-snapshot", 83, "3846864264, 83, 83")]
    public async Task HashKv_OfASnapshot_EqualsWhatItsServerAnswered(string snapshot, long revision, string expected)
    {
        string path = Unpack(snapshot, _directory.File("saved"));
        byte[] before = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, _directory.Path, $"hashkv {path} --rev {revision}");

        Assert.Equal(expected + "\n", ours.MustSucceed().Output);
        Assert.Equal(before, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    // The names are those of etcdutl 3.6, which has spaces in them.
    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task HashKv_AsFields_NamesThemAsEtcd36Does()
    {
        string path = Unpack("v35-snapshot", _directory.File("saved"));

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, _directory.Path, $"hashkv {path} -w fields");

        Assert.Equal("\"Hash\" : 1334773518\n\"Hash revision\" : 86\n\"Compact revision\" : 83\n", ours.MustSucceed().Output);
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("--rev 9999", "Error: mvcc: required revision is a future revision\n")]
    [InlineData("--rev 2", "Error: mvcc: required revision has been compacted\n")]
    public async Task HashKv_RevisionOutOfReach_IsRefused(string flags, string expected)
    {
        string path = Unpack("v35-snapshot", _directory.File("saved"));

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, _directory.Path, $"hashkv {path} {flags}");

        Assert.Equal((1, "", expected), (ours.ExitCode, ours.Output, ours.Errors));
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Defrag_DataDirectoryOfRealEtcd_KeepsItsContentInAsFewPages()
    {
        using var real = new DataDirectoryFixture("v35-full");
        using var ours = new DataDirectoryFixture("v35-full");

        (await RunAsync(RealEtcd.Utl, _directory.Path, $"defrag --data-dir {real.DataDirectory}")).MustSucceed();
        (await RunAsync(OurPrograms.Utl, _directory.Path, $"defrag --data-dir {ours.DataDirectory}")).MustSucceed();

        Assert.Equal(await StatusAsync(real.SnapDirectory, "db", withSize: false), await StatusAsync(ours.SnapDirectory, "db", withSize: false));
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Defrag_NoSuchDataDirectory_IsRefusedInOneLine()
    {
        CommandOutcome ours = await RunAsync(OurPrograms.Utl, _directory.Path, "defrag --data-dir nope");

        Assert.Equal((1, "", "Error: open nope/member/snap/db: no such file or directory\n"), (ours.ExitCode, ours.Output, ours.Errors));
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[^\t]*\tinfo\t.*\n", RegexOptions.Multiline)]
    private static partial Regex Notice();

    private static string WithoutNotices(string errors) => Notice().Replace(errors, string.Empty);

    private static Task<CommandOutcome> RunAsync(string program, string directory, string line) =>
        new Command("/usr/bin/env", ["-C", directory, program, .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
            .RunAsync(TestContext.Current.CancellationToken);

    private static IEnumerable<string> FileNames(string directory) => Directory
        .EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(directory, path))
        .Order(StringComparer.Ordinal);

    private static byte[] LogHead(string directory)
    {
        string log = Directory.EnumerateFiles(directory, "*.wal", SearchOption.AllDirectories).Single();
        using FileStream file = File.OpenRead(log);
        byte[] head = new byte[4096];
        file.ReadExactly(head);
        Assert.Equal(64_000_000, file.Length);
        return head;
    }

    private static string Unpack(string snapshot, string path)
    {
        using var packed = new GZipStream(File.OpenRead(SharedMaterial.PathOf("fixtures", snapshot + ".db.gz")), CompressionMode.Decompress);
        using FileStream file = File.Create(path);
        packed.CopyTo(file);
        return path;
    }

    /// <summary>What the server that the snapshot was saved from had answered.</summary>
    private static uint HashAtSave(string snapshot)
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf("fixtures", snapshot + ".json")));
        return manifest.RootElement.GetProperty("hashkv_at_save")[0].GetProperty("HashKV").GetProperty("hash").GetUInt32();
    }

    private static Task<string> StatusAsync(string directory) => StatusAsync(Path.Combine(directory, "new", "member", "snap"), "db", withSize: true);

    private static async Task<string> StatusAsync(string directory, string file, bool withSize)
    {
        string output = (await RunAsync(RealEtcd.Utl, directory, $"snapshot status {file}")).MustSucceed().Output;
        return withSize ? output : output[..output.LastIndexOf(',')];
    }

    private static async Task<long> RevisionAsync(string path)
    {
        string output = (await RunAsync(RealEtcd.Utl, "/", $"snapshot status {path}")).MustSucceed().Output;
        return long.Parse(output.Split(", ")[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>A directory with a snapshot, a damaged one, a bare database and something that is in the way.</summary>
    private string Prepare(string name)
    {
        string directory = Directory.CreateDirectory(_directory.File(name)).FullName;
        byte[] snapshot = File.ReadAllBytes(Unpack("v35-snapshot", Path.Combine(directory, "SNAPSHOT")));
        File.WriteAllBytes(Path.Combine(directory, "DATABASE"), snapshot[..^32]);
        snapshot[^40] ^= 1;
        File.WriteAllBytes(Path.Combine(directory, "DAMAGED"), snapshot);
        File.WriteAllText(Path.Combine(directory, "plain.txt"), string.Concat(Enumerable.Repeat("no database\n", 100)));
        Directory.CreateDirectory(Path.Combine(directory, "full", "of"));
        return directory;
    }
}
