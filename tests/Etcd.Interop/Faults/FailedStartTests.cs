using System.Globalization;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop.Faults;

/// <summary>A start that cannot succeed ends with a non-zero code and says why, and leaves the data as it was.</summary>
public class FailedStartTests
{
    public static IEnumerable<TheoryDataRow<string, string, int, string>> BadFlags() =>
    [
        new("--no-such-flag", "", 2, "no-such-flag"),
        new("--heartbeat-interval", "abc", 2, "heartbeat-interval"),
        new("--election-timeout", "10", 1, "--election-timeout[10ms] should be at least as 5 times as --heartbeat-interval[100ms]"),
        new("--heartbeat-interval", "0", 1, "heartbeat-interval"),
        new("--election-timeout", "60000", 1, "--election-timeout[60000ms] is too long, and should be set less than 50000ms"),
        new("positional", "", 1, "'positional' is not a valid flag"),
    ];

    [Theory]
    [MemberData(nameof(BadFlags))]
    public Task Start_BadFlagOnRealEtcd_EndsAsExpectedHere(string flag, string value, int exitCode, string message)
    {
        Assert.SkipUnless(RealEtcd.IsPresent, RealEtcd.AbsentReason);
        return CheckBadFlagAsync(ServerKind.Real35, flag, value, exitCode, message);
    }

    [Theory]
    [MemberData(nameof(BadFlags))]
    public Task Start_BadFlag_SaysWhichAndMakesNoData(string flag, string value, int exitCode, string message) =>
        CheckBadFlagAsync(ServerKind.Ours, flag, value, exitCode, message);

    [Fact]
    public async Task Start_DataDirectoryInUse_SaysSoAndHarmsNothing()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer first = await StartAsync(directory);
        await PutAsync(first, "before");

        await using EtcdServer second = Launch(directory);
        int exitCode = await second.WaitForExitAsync();
        await PutAsync(first, "after");

        Assert.NotEqual(0, exitCode);
        AssertOneClearLine(second, directory.File("data"));
        Assert.Equal(0, await first.TerminateAsync());
        await using EtcdServer again = await StartAsync(directory);
        Assert.Equal(2, await CountAsync(again));
    }

    [Theory]
    [InlineData("file/data")]
    [InlineData("file")]
    public async Task Start_DataDirectoryCannotBeMade_SaysWhich(string below)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("file"), "not a directory", TestContext.Current.CancellationToken);

        await using var server = EtcdServer.Launch(new EtcdServerOptions { DataDirectory = directory.File(below) });
        int exitCode = await server.WaitForExitAsync();

        Assert.NotEqual(0, exitCode);
        AssertOneClearLine(server, directory.File(below));
        Assert.Equal("not a directory", await File.ReadAllTextAsync(directory.File("file"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Start_ClientPortInUse_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer first = await StartAsync(directory);

        await using var second = EtcdServer.Launch(new EtcdServerOptions { DataDirectory = directory.File("other"), ClientPort = first.ClientPort });
        int exitCode = await second.WaitForExitAsync();

        Assert.NotEqual(0, exitCode);
        AssertOneClearLine(second, first.ClientPort.ToString(CultureInfo.InvariantCulture));
    }

    // CVE-2020-15113: the data directory was readable by everyone.
    [Fact]
    public async Task Start_NewDataDirectory_IsForItsOwnerOnly()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(directory);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory.File("data")));
    }

    [Fact]
    public async Task Start_LogDamagedInTheMiddle_NamesThePlaceAndRewritesNothing()
    {
        using var directory = new TemporaryDirectory();
        await using (EtcdServer server = await StartAsync(directory))
        {
            for (int number = 0; number < 200; number++)
            {
                await PutAsync(server, $"key/{number:D4}");
            }

            await server.KillAsync();
        }

        string log = Directory.GetFiles(Path.Combine(directory.File("data"), "member", "wal"), "*.wal").Single();
        Damage(log, "key/0100"u8);
        IReadOnlyList<string> before = DirectoryState.Of(directory.File("data"));

        await using EtcdServer damaged = Launch(directory);
        int exitCode = await damaged.WaitForExitAsync();

        Assert.NotEqual(0, exitCode);
        AssertOneClearLine(damaged, Path.GetFileName(log));
        Assert.Equal(before, DirectoryState.Of(directory.File("data")));
    }

    // Flips a bit in the middle of a record that others follow.
    private static void Damage(string file, ReadOnlySpan<byte> text)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int position = bytes.AsSpan().IndexOf(text);
        Assert.True(position > 0, "the log does not have the key");
        bytes[position] ^= 0x10;
        File.WriteAllBytes(file, bytes);
    }

    private static async Task CheckBadFlagAsync(ServerKind kind, string flag, string value, int exitCode, string message)
    {
        using var directory = new TemporaryDirectory();
        CommandOutcome outcome = await new Command(
            EtcdServerOptions.ProgramOf(kind),
            ["--data-dir", directory.File("data"), flag, .. value.Length == 0 ? Array.Empty<string>() : [value]]).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(exitCode, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(directory.File("data")));
    }

    // One line at error level or above that names the thing, and no stack of calls beside it.
    private static void AssertOneClearLine(EtcdServer server, string named)
    {
        Assert.Contains(server.Log.Lines, line => line.Contains(named, StringComparison.Ordinal)
            && (line.Contains("\"level\":\"fatal\"", StringComparison.Ordinal) || line.Contains("\"level\":\"error\"", StringComparison.Ordinal)));
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("Unhandled exception", StringComparison.Ordinal)
            || line.StartsWith("   at ", StringComparison.Ordinal));
    }

    private static Task<EtcdServer> StartAsync(TemporaryDirectory directory) =>
        EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = directory.File("data") }, TestContext.Current.CancellationToken);

    private static EtcdServer Launch(TemporaryDirectory directory) =>
        EtcdServer.Launch(new EtcdServerOptions { DataDirectory = directory.File("data") });

    private static async Task PutAsync(EtcdServer server, string key)
    {
        await using var connection = new EtcdConnection(server);
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8("value") });
    }

    private static async Task<long> CountAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        return (await connection.CallAsync(EtcdMethods.Range, new RangeRequest
        {
            Key = ByteString.CopyFrom(0),
            RangeEnd = ByteString.CopyFrom(0),
            CountOnly = true,
        })).Count;
    }
}
