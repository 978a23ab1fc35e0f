using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Offline;

/// <summary><c>etcdctl migrate</c> of etcd 3.4: on copies of a directory of real etcd, by the real program and by ours.</summary>
public sealed class V2KeyMigrationTests : IDisposable
{
    private static readonly Dictionary<string, string> V3 = new() { ["ETCDCTL_API"] = "3" };

    // The time that is left differs from run to run.
    private const string Transformer = """
        #!/usr/bin/env python3
        import json, re, struct, sys

        def field(number, text):
            return bytes([number << 3 | 2]) + varint(len(text)) + text

        def varint(value):
            digits = b""
            while value > 127:
                digits, value = digits + bytes([value & 127 | 128]), value >> 7
            return digits + bytes([value])

        text = sys.stdin.buffer.read().decode()
        decoder, at, count = json.JSONDecoder(), 0, 0
        while at < len(text):
            begin = at
            node, at = decoder.raw_decode(text, at)
            count += 1
            shown = re.sub(r'"ttl":\d+', '"ttl":N', text[begin:at])
            pair = field(1, ("%03d%s" % (count, node["key"])).encode()) + bytes([2 << 3]) + varint(count) + bytes([3 << 3]) + varint(count + 100)
            pair += bytes([4 << 3]) + varint(1) + field(5, shown.encode())
            sys.stdout.buffer.write(struct.pack("<q", len(pair)) + pair)
        """;

    private readonly TemporaryDirectory _directory = new();

    public static bool IsPossible => RealEtcd.IsPresent && SharedMaterial.IsPresent;

    private static bool HasPython => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, "python3")));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("100000", "")]
    [InlineData("10", "")]
    [InlineData("10", "--no-ttl")]
    public async Task Migrate_CopiesOfADirectory_HoldWhatTheRealProgramMakes(string snapshotCount, string flag)
    {
        string source = _directory.File("source");
        await FillAsync(source, snapshotCount);
        string real = Copy(source, "real");
        string ours = Copy(source, "ours");
        string[] arguments = flag.Length == 0 ? [] : [flag];

        CommandOutcome byReal = await RunAsync(RealEtcd.Ctl("3.4"), ["migrate", "--data-dir", real, .. arguments]);
        CommandOutcome byOurs = await RunAsync(OurPrograms.Ctl, ["migrate", "--data-dir", ours, .. arguments]);

        Assert.Equal("using default transformer\nfinished transforming keys\n", byOurs.MustSucceed().Output);
        Assert.Equal(OwnLines(byReal.MustSucceed().Output), byOurs.Output);
        string expected = await ReadAsync(ServerKind.Real34, real);
        Assert.Contains("/q/", expected, StringComparison.Ordinal);
        Assert.Equal(flag.Length == 0, expected.Contains("/ttl", StringComparison.Ordinal));
        Assert.Equal(expected, await ReadAsync(ServerKind.Real34, Copy(ours, "ours-at-real")));
        Assert.Equal(expected, await ReadAsync(ServerKind.Ours, ours));
    }

    // Keys of the v3 store at other revisions stay.
    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Migrate_DirectoryWithKeysOfBothKinds_HoldsWhatTheRealProgramMakes()
    {
        using var forReal = new DataDirectoryFixture("v34-full");
        using var forOurs = new DataDirectoryFixture("v34-full");

        (await RunAsync(RealEtcd.Ctl("3.4"), ["migrate", "--data-dir", forReal.DataDirectory])).MustSucceed();
        (await RunAsync(OurPrograms.Ctl, ["migrate", "--data-dir", forOurs.DataDirectory])).MustSucceed();

        // Their revisions are those of another store, and no damage.
        (await RunAsync(OurPrograms.Utl, ["check", "--data-dir", forReal.DataDirectory])).MustSucceed();
        (await RunAsync(OurPrograms.Utl, ["check", "--data-dir", forOurs.DataDirectory])).MustSucceed();
        string expected = await ReadAsync(ServerKind.Real34, forReal.DataDirectory);
        Assert.Contains("app/last", expected, StringComparison.Ordinal);
        Assert.Equal(expected, await ReadAsync(ServerKind.Ours, forOurs.DataDirectory));
    }

    // It writes each node as it came, under a key that begins with its number.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("")]
    [InlineData("--no-ttl")]
    public async Task Migrate_WithATransformer_HoldsWhatTheRealProgramMakes(string flag)
    {
        Assert.SkipUnless(HasPython, "there is no python3 in $PATH");
        string source = _directory.File("source");
        await FillAsync(source, "10");
        string real = Copy(source, "real");
        string ours = Copy(source, "ours");
        string transformer = _directory.File("transformer");
        await File.WriteAllTextAsync(transformer, Transformer, Cancellation);
        File.SetUnixFileMode(transformer, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string[] arguments = ["--transformer", transformer, .. flag.Length == 0 ? Array.Empty<string>() : [flag]];

        CommandOutcome byReal = await RunAsync(RealEtcd.Ctl("3.4"), ["migrate", "--data-dir", real, .. arguments]);
        CommandOutcome byOurs = await RunAsync(OurPrograms.Ctl, ["migrate", "--data-dir", ours, .. arguments]);

        Assert.Equal(OwnLines(byReal.MustSucceed().Output), byOurs.MustSucceed().Output);
        string expected = await ReadAsync(ServerKind.Real34, real);
        Assert.Contains("/q/", expected, StringComparison.Ordinal);
        Assert.Equal(expected, await ReadAsync(ServerKind.Ours, ours));
    }

    [Theory]
    [InlineData("/bin/false", "Error: /bin/false: exit status 1")]
    [InlineData("/bin/echo", "Error: the transformer wrote something that is no pair")]
    [InlineData("/none", "Error: fork/exec /none: ")]
    public async Task Migrate_TransformerFails_ChangesNothing(string transformer, string error)
    {
        string data = _directory.File("data");
        await using (EtcdServer server = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = data }, Cancellation))
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            await SendAsync(http, HttpMethod.Put, "a", ("value", "1"));
            await server.TerminateAsync();
        }

        CommandOutcome refused = await RunAsync(OurPrograms.Ctl, ["migrate", "--data-dir", data, "--transformer", transformer]);

        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith(error, refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("/a", await ReadAsync(ServerKind.Ours, data), StringComparison.Ordinal);
    }

    private static async Task FillAsync(string dataDirectory, string snapshotCount)
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = ServerKind.Real34, DataDirectory = dataDirectory, Flags = ["--enable-v2", "--snapshot-count", snapshotCount] },
            Cancellation);
        using var http = new HttpClient { BaseAddress = server.Address };
        for (int write = 0; write < 30; write++)
        {
            await SendAsync(http, HttpMethod.Put, $"a/b{write % 7}", ("value", $"v{write}"));
        }

        await SendAsync(http, HttpMethod.Put, "empty/directory", ("dir", "true"));
        await SendAsync(http, HttpMethod.Put, "_hidden/x", ("value", "h"));
        await SendAsync(http, HttpMethod.Put, "seen/_h", ("value", "h"));
        await SendAsync(http, HttpMethod.Put, "ttl", ("value", "t"), ("ttl", "5000"));
        await SendAsync(http, HttpMethod.Post, "q", ("value", "1"));
        await SendAsync(http, HttpMethod.Post, "q", ("value", "2"));
        await SendAsync(http, HttpMethod.Put, "unié", ("value", "<é & \"q\">"));
        await SendAsync(http, HttpMethod.Put, "nothing", ("value", ""));
        await SendAsync(http, HttpMethod.Delete, "a/b1");
        await SendAsync(http, HttpMethod.Put, "a/b2?prevExist=true", ("value", "updated"));
        await SendAsync(http, HttpMethod.Put, "a/b2?prevValue=updated", ("value", "swapped"));
        await server.TerminateAsync();
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string key, params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(method, new Uri("/v2/keys/" + key, UriKind.Relative))
        {
            Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))),
        };
        (await http.SendAsync(request, Cancellation)).EnsureSuccessStatusCode().Dispose();
    }

    // Beside its own two lines the real program prints log lines.
    private static string OwnLines(string output) =>
        string.Concat(output.Split('\n').Where(line => line.Length > 0 && line[0] != '{').Select(line => line + "\n"));

    /// <summary>All keys with their revisions, as a server shows them.</summary>
    private static async Task<string> ReadAsync(ServerKind kind, string dataDirectory)
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = dataDirectory, Flags = ["--force-new-cluster"] }, Cancellation);
        await using var connection = new EtcdConnection(server);
        RangeResponse all = await connection.CallAsync(
            EtcdMethods.Range, new RangeRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0) });
        HashKVResponse hash = await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
        await server.TerminateAsync();
        return $"revision {all.Header.Revision} hash {hash.Hash}\n{string.Join('\n', all.Kvs.Select(pair => $"{pair.Key.ToStringUtf8()} {pair}"))}";
    }

    private string Copy(string source, string name)
    {
        string target = _directory.File(name);
        foreach (string directory in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(
                Path.Combine(target, Path.GetRelativePath(source, directory)), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)));
        }

        return target;
    }

    private static Task<CommandOutcome> RunAsync(string program, string[] arguments) =>
        new Command(program, arguments) { Environment = V3 }.RunAsync(Cancellation);
}
