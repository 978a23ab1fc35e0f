using System.IO.Compression;
using System.Text.Json;

using Etcd.Protocol.Auth;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Offline;

/// <summary>Our server on every data directory that real etcd has left, asked with real etcdctl: it answers what the manifest says that real etcd
/// had answered.</summary>
public sealed class FixtureServerTests
{
    public static bool IsPossible => RealEtcd.IsPresent && SharedMaterial.IsPresent;

    public static TheoryData<string> Directories => [.. DataDirectoryFixture.Names];

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [MemberData(nameof(Directories))]
    public async Task Server_OnADirectoryOfRealEtcd_AnswersWhatItsManifestSays(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        JsonElement manifest = Answers(fixture.Manifest);
        JsonElement flags = fixture.Manifest.GetProperty("flags");
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                DataDirectory = fixture.DataDirectory,
                Flags = ["--name", flags.GetProperty("name").GetString()!, "--initial-cluster", $"{flags.GetProperty("name")}={flags.GetProperty("peer_url")}"],
            },
            TestContext.Current.CancellationToken);
        // Users are as the directory has them: where authentication is on, root has this password.
        string[] user = manifest.GetProperty("auth").TryGetProperty("status", out JsonElement status) && status.TryGetProperty("enabled", out _)
            ? ["--user", "root:rootpw"]
            : [];

        JsonElement all = await AskAsync(server, user, "get", "", "--prefix");
        Assert.Equal(Rows(manifest.GetProperty("get_all")), Rows(all));
        Assert.Equal(Number(manifest.GetProperty("get_all").GetProperty("header"), "revision"), Number(all.GetProperty("header"), "revision"));
        await AssertHashesAsync(manifest, server, user);
        await AssertLeasesAsync(manifest, server, user);
        Assert.Equal(Alarms(manifest.GetProperty("alarms")), Alarms(await AskAsync(server, user, "alarm", "list")));
        Assert.Equal(Members(manifest.GetProperty("member_list")), Members(await AskAsync(server, user, "member", "list")));
        await AssertAccessAsync(manifest, server, user);
        await AssertV2KeysAsync(manifest, server, user);
    }

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("v34-snapshot")]
    [InlineData("v35-snapshot")]
    public async Task Server_OnASnapshotOfRealEtcd_HasTheHashAndTheKeysOfItsSource(string name)
    {
        using var directory = new TemporaryDirectory();
        string saved = directory.File("saved");
        using (var packed = new GZipStream(File.OpenRead(SharedMaterial.PathOf("fixtures", name + ".db.gz")), CompressionMode.Decompress))
        {
            await using FileStream file = File.Create(saved);
            await packed.CopyToAsync(file, TestContext.Current.CancellationToken);
        }

        JsonElement manifest = ManifestOf(name);
        JsonElement source = ManifestOf(manifest.GetProperty("source").GetString()!);
        (await new Command(OurPrograms.Utl, ["snapshot", "restore", saved, "--data-dir", directory.File("data")])
            .RunAsync(TestContext.Current.CancellationToken)).MustSucceed();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = directory.File("data"), HasFixedIdentity = true }, TestContext.Current.CancellationToken);
        string[] user = source.GetProperty("auth_enabled").GetBoolean() ? ["--user", "root:rootpw"] : [];

        JsonElement wanted = manifest.GetProperty("hashkv_at_save")[0].GetProperty("HashKV");
        JsonElement found = (await AskAsync(server, user, "endpoint", "hashkv"))[0].GetProperty("HashKV");
        Assert.Equal((Number(wanted, "hash"), Number(wanted, "compact_revision")), (Number(found, "hash"), Number(found, "compact_revision")));
        Assert.Equal(Rows(source.GetProperty("get_all")), Rows(await AskAsync(server, user, "get", "", "--prefix")));
        await AssertLeasesAsync(source, server, user);
        await AssertAccessAsync(source, server, user);
    }

    private static JsonElement ManifestOf(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf("fixtures", name + ".json")));
        return document.RootElement.Clone();
    }

    private static JsonElement Answers(JsonElement manifest) =>
        manifest.TryGetProperty("after_real_recovery", out JsonElement answers) || manifest.TryGetProperty("after_real_start", out answers) ? answers : manifest;

    private static async Task AssertHashesAsync(JsonElement manifest, EtcdServer server, string[] user)
    {
        foreach (JsonProperty expected in manifest.GetProperty("hashkv_by_rev").EnumerateObject())
        {
            if (expected.Value.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            JsonElement wanted = expected.Value[0].GetProperty("HashKV");
            JsonElement found = (await AskAsync(server, user, "endpoint", "hashkv", "--rev", expected.Name))[0].GetProperty("HashKV");
            // At its last compaction a server that goes on answers from memory, with the compaction before: that cannot be known from the files.
            if (Number(wanted, "compact_revision") == Number(found, "compact_revision"))
            {
                Assert.Equal((expected.Name, Number(wanted, "hash")), (expected.Name, Number(found, "hash")));
            }
            else
            {
                Assert.Equal(expected.Name, Number(found, "compact_revision").ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    private static async Task AssertLeasesAsync(JsonElement manifest, EtcdServer server, string[] user)
    {
        foreach (JsonProperty lease in manifest.GetProperty("lease_keys").EnumerateObject())
        {
            JsonElement found = await AskAsync(server, user, "lease", "timetolive", lease.Name, "--keys");
            Assert.Equal(Number(lease.Value, "granted_ttl"), Number(found, "granted-ttl"));
            // They come in the order of a hash table.
            Assert.Equal(Texts(lease.Value, "keys").Order(StringComparer.Ordinal), Texts(found, "keys").Order(StringComparer.Ordinal));
        }
    }

    private static async Task AssertAccessAsync(JsonElement manifest, EtcdServer server, string[] user)
    {
        JsonElement auth = manifest.GetProperty("auth");
        foreach (JsonProperty expected in auth.GetProperty("users").EnumerateObject())
        {
            Assert.Equal(
                expected.Value.EnumerateArray().Select(role => role.GetString()),
                Texts(await AskAsync(server, user, "user", "get", expected.Name), "roles"));
        }

        foreach (JsonProperty expected in auth.GetProperty("roles").EnumerateObject())
        {
            JsonElement found = await AskAsync(server, user, "role", "get", expected.Name);
            string[] permissions = found.TryGetProperty("perm", out JsonElement perm) ? Permissions(perm) : [];
            Assert.Equal([expected.Name, .. Permissions(expected.Value)], [expected.Name, .. permissions]);
        }

        if (auth.TryGetProperty("status", out JsonElement status))
        {
            JsonElement found = await AskAsync(server, user, "auth", "status");
            Assert.Equal(Number(status, "authRevision"), Number(found, "authRevision"));
        }
    }

    private static async Task AssertV2KeysAsync(JsonElement manifest, EtcdServer server, string[] user)
    {
        if (!manifest.TryGetProperty("v2_keys", out JsonElement expected))
        {
            return;
        }

        using var http = new HttpClient();
        if (user.Length > 0)
        {
            http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String("root:rootpw"u8));
        }

        using JsonDocument found = JsonDocument.Parse(await http.GetStringAsync(
            new Uri(server.Address, "/v2/keys/?recursive=true&sorted=true"), TestContext.Current.CancellationToken));
        Assert.Equal(V2Nodes(expected.GetProperty("node")).Order(StringComparer.Ordinal), V2Nodes(found.RootElement.GetProperty("node")).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> V2Nodes(JsonElement node)
    {
        if (node.TryGetProperty("key", out JsonElement key))
        {
            string value = node.TryGetProperty("value", out JsonElement text) ? text.GetString()! : "a directory";
            yield return $"{key} {value} {Number(node, "createdIndex")} {Number(node, "modifiedIndex")}";
        }

        if (node.TryGetProperty("nodes", out JsonElement children))
        {
            foreach (string below in children.EnumerateArray().SelectMany(V2Nodes))
            {
                yield return below;
            }
        }
    }

    /// <summary>Every field of every pair, whichever of the two forms a manifest has.</summary>
    private static string[] Rows(JsonElement range) =>
    [
        .. range.TryGetProperty("kvs_rows", out JsonElement rows)
            ? rows.EnumerateArray().Select(row => string.Join(' ', row.EnumerateArray().Select(field => field.ToString())))
            : range.TryGetProperty("kvs", out JsonElement pairs)
                ? pairs.EnumerateArray().Select(pair => string.Join(
                    ' ', Text(pair, "key"), Text(pair, "value"), Number(pair, "create_revision"), Number(pair, "mod_revision"), Number(pair, "version"), Number(pair, "lease")))
                : [],
    ];

    private static string[] Alarms(JsonElement reply) => reply.TryGetProperty("alarms", out JsonElement alarms)
        ? [.. alarms.EnumerateArray().Select(alarm => $"{alarm.GetProperty("memberID")} {alarm.GetProperty("alarm")}")]
        : [];

    // Client URLs are those of the start.
    private static string[] Members(JsonElement reply) =>
        [.. reply.GetProperty("members").EnumerateArray().Select(member => $"{member.GetProperty("ID")} {member.GetProperty("name")} {string.Join(',', Texts(member, "peerURLs"))}")];

    // The JSON gateway names the type, etcdctl numbers it; the first, reading, is left out by both.
    private static string[] Permissions(JsonElement list) =>
    [
        .. list.EnumerateArray().Select(permission => string.Join(
            ' ',
            permission.TryGetProperty("permType", out JsonElement type) && type.ValueKind == JsonValueKind.String
                ? type.GetString()
                : ((Permission.Types.Type)Number(permission, "permType")).ToString().ToUpperInvariant(),
            Text(permission, "key"),
            Text(permission, "range_end"))),
    ];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement text) ? text.GetString() ?? "" : "";

    private static string[] Texts(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    // The JSON gateway has 64-bit numbers as texts, etcdctl as numbers; zero is left out.
    private static long Number(JsonElement element, string name) => !element.TryGetProperty(name, out JsonElement number) ? 0
        : number.ValueKind == JsonValueKind.String ? long.Parse(number.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
        : number.GetInt64();

    private static async Task<JsonElement> AskAsync(EtcdServer server, string[] user, params string[] words)
    {
        CommandOutcome outcome = await new Command(RealEtcd.Ctl("3.5"), ["--endpoints", server.Endpoint, .. user, .. words, "-w", "json"])
            .RunAsync(TestContext.Current.CancellationToken);
        using JsonDocument reply = JsonDocument.Parse(outcome.MustSucceed().Output);
        return reply.RootElement.Clone();
    }
}
