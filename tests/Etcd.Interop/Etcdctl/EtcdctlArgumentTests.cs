using System.Text;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>What needs no server: help pages, flags and arguments that are wrong, exit codes. Output, errors and exit code are equal to the byte.</summary>
public class EtcdctlArgumentTests
{
    private static readonly string[] Commands =
    [
        "put", "get", "del", "txn", "watch", "compaction", "lease", "lease grant", "lease revoke", "lease timetolive", "lease list",
        "lease keep-alive", "endpoint", "endpoint health", "endpoint status", "endpoint hashkv", "member list", "alarm", "alarm list",
        "alarm disarm", "snapshot save", "version", "help", "snapshot", "snapshot status", "snapshot restore", "defrag", "lock", "elect", "make-mirror",
        "check", "check perf", "check datascale",
    ];

    private static readonly string[] WrongCalls =
    [
        "put", "put a", "put a b --foo", "put a b -x", "put a b --lease=zz", "put a b --ignore-value", "put a b --prev-kv=maybe",
        "get", "get a --limit", "get a --limit=x", "get a --rev=99999999999999999999", "get a --order=foo", "get a --sort-by=foo",
        "get a --consistency=x", "get --prefix --from-key a", "get --prefix a b", "get --from-key a b", "get a --keys-only --count-only",
        "get a -w", "get a -w xml", "get a ---x", "get a --=x", "get a -x=1", "get a --dial-timeout 5", "get a --dial-timeout 5x",
        "get a --hex=maybe", "get a --cert x", "get a --cert=", "get a --key x", "get a --cacert /nonexistent", "get a --endpoints=",
        "get a --limit=0x", "get a --limit=1__0",
        "del", "del a b c", "del a b --prefix", "del --prefix --from-key a",
        "txn x", "compaction", "compaction x", "compaction 1 2", "compaction 99999999999999999999",
        "lease", "lease foo", "lease grant", "lease grant x", "lease grant 1 2", "lease revoke", "lease revoke xyz", "lease timetolive",
        "lease timetolive zz", "lease keep-alive", "lease keep-alive xyz", "lease keep-alive 1 2",
        "watch", "watch a --", "watch a b --prefix", "watch --rev=x a",
        "alarm list x", "alarm disarm x", "endpoint xx", "endpoint --cluster", "snapshot save", "snapshot save a b",
        "snapshot save /tmp/x --endpoints a,b", "snapshot save /nonexistent/x", "version --foo", "version x", "help lease grant", "lease --help",
        "foo", "gets", "lease grant -h", "--endpoints x lease", "-w json version", "version -w xml", "help put extra",
        "lock", "lock --ttl x a", "elect", "elect a", "elect -l a b", "elect a b c", "make-mirror", "make-mirror a b",
        "make-mirror --dest-cert x a", "check", "check perf --load zz", "check datascale --load zz",
        "check foo", "snapshot status", "snapshot status a b", "snapshot restore", "snapshot status /nonexistent",
        "snapshot restore /nonexistent --name other", "snapshot restore /nonexistent --bump-revision=-1", "snapshot restore /nonexistent --bump-revision x",
        "snapshot restore /nonexistent --initial-memory-map-size=-1",
    ];

    public static TheoryData<string> HelpPages => [.. Commands];

    public static TheoryData<string> Mistakes => [.. WrongCalls];

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [MemberData(nameof(HelpPages))]
    public async Task Help_OfEachCommand_EqualsTheRealOne(string command) =>
        await AssertEqualAsync([.. command.Split(' '), "--help"]);

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [MemberData(nameof(Mistakes))]
    public async Task Arguments_WrongOrIdle_AreAnsweredAsByTheRealOne(string arguments) =>
        await AssertEqualAsync(arguments.Split(' '));

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("ETCDCTL_API", "4", "version")]
    [InlineData("ETCDCTL_API", "3", "version")]
    [InlineData("ETCDCTL_WATCH_RANGE_END", "b", "watch a")]
    [InlineData("ETCDCTL_WATCH_KEY", "a", "watch b")]
    [InlineData("ETCDCTL_WRITE_OUT", "xml", "get a")]
    [InlineData("ETCDCTL_WRITE_OUT", "xml", "snapshot status /nonexistent -w json")]
    [InlineData("ETCDCTL_UNKNOWN", "x", "snapshot status /nonexistent")]
    public async Task Variables_WrongOrIdle_AreAnsweredAsByTheRealOne(string name, string value, string arguments) =>
        await AssertEqualAsync(arguments.Split(' '), new Dictionary<string, string> { [name] = value });

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("")]
    [InlineData("foo\n")]
    [InlineData("foo(\"a\") = \"1\"\n")]
    [InlineData("mod(\"a\") = \"x\"\n")]
    [InlineData("mod(a) = \"1\"\n")]
    [InlineData("mod(\"a\") = 1\n")]
    [InlineData("mod(\"a\")= \"1\"\n")]
    [InlineData("mod( \"a\" ) = \"1\"\n")]
    [InlineData("\nfoo a\n")]
    [InlineData("\nget\n")]
    [InlineData("\nput a\n")]
    [InlineData("\nput a b --lease=zz\n")]
    [InlineData("\nget a --order=foo\n")]
    [InlineData("\nwatch x\n")]
    [InlineData("\nlease x\n")]
    [InlineData("\ndel a b --prefix\n")]
    public async Task Transaction_ScriptIsWrong_IsRefusedAsByTheRealOne(string script) =>
        await AssertEqualAsync(["txn"], environment: null, script);

    private static async Task AssertEqualAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        string real = await RunAsync(RealEtcd.Ctl("3.5"), arguments, environment, input);
        string ours = await RunAsync(OurPrograms.Ctl, arguments, environment, input);
        Assert.Equal(real, ours);
    }

    private static async Task<string> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, string input)
    {
        Command command = new(program, arguments) { Input = input, OutputEncoding = Encoding.UTF8 };
        if (environment is not null)
        {
            command = command with { Environment = environment };
        }

        CommandOutcome outcome = await command.RunAsync(TestContext.Current.CancellationToken);
        return $"exit code {outcome.ExitCode}\n{outcome.Output}--\n{outcome.Errors}";
    }
}
