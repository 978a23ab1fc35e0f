using System.Buffers.Binary;
using System.Text.Json;

using Etcd.Disk;
using Etcd.Interop.Auth;
using Etcd.Interop.Wire;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Offline;

/// <summary><c>etcdutl backup</c>, <c>check</c>, <c>dump</c>, <c>repair</c> and <c>migrate</c> on data directories of real etcd.</summary>
public sealed class OfflineToolTests : IDisposable
{
    private const int PageBytes = 4096;
    private const int PageFlagsOffset = 8;

    private readonly TemporaryDirectory _directory = new();

    public static bool IsPossible => RealEtcd.IsPresent && SharedMaterial.IsPresent;

    public static TheoryData<string> Directories => [.. DataDirectoryFixture.Names];

    private static string[] Buckets { get; } =
        ["alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("v34-full")]
    [InlineData("v35-full")]
    [InlineData("v35-kill9")]
    public async Task CheckV2Store_DirectoryOfRealEtcd_AnswersAsTheRealOne(string name)
    {
        using var fixture = new DataDirectoryFixture(name);

        CommandOutcome real = await RunAsync(RealEtcd.Utl, $"check v2store --data-dir {fixture.DataDirectory}");
        CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"check v2store --data-dir {fixture.DataDirectory}");

        Assert.Equal((real.ExitCode, real.Output, real.Errors), (ours.ExitCode, ours.Output, ours.Errors));
    }

    // Whoever has made the copy, whoever starts on it: the same keys and the same hash.
    [Theory(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    [InlineData("v34-kill9", ServerKind.Real35, true)]
    [InlineData("v35-kill9", ServerKind.Real35, true)]
    [InlineData("v35-kill9", ServerKind.Ours, true)]
    [InlineData("v35-kill9", ServerKind.Ours, false)]
    [InlineData("v35-walcut", ServerKind.Real35, true)]
    public async Task Backup_StartedAsANewCluster_HoldsWhatTheMemberHeld(string name, ServerKind starter, bool madeByOurs)
    {
        using var fixture = new DataDirectoryFixture(name);
        string target = _directory.File("backup");

        (await RunAsync(madeByOurs ? OurPrograms.Utl : RealEtcd.Utl, $"backup --data-dir {fixture.DataDirectory} --backup-dir {target}")).MustSucceed();

        HashKVResponse expected = await HashAsync(ServerKind.Real35, fixture.DataDirectory);
        HashKVResponse found = await HashAsync(starter, target, "--force-new-cluster");
        Assert.Equal((expected.Hash, expected.Header.Revision), (found.Hash, found.Header.Revision));
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Backup_WithoutV3_KeepsTheV2KeysAlone()
    {
        using var fixture = new DataDirectoryFixture("v34-full");
        string target = _directory.File("backup");

        (await RunAsync(OurPrograms.Utl, $"backup --data-dir {fixture.DataDirectory} --backup-dir {target} --backup-wal-dir {_directory.File("log")} --with-v3=false"))
            .MustSucceed();

        await using EtcdServer server = await StartAsync(ServerKind.Ours, target, "--force-new-cluster", "--wal-dir", _directory.File("log"));
        await using var connection = new EtcdConnection(server);
        RangeResponse keys = await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0) });
        using var http = new HttpClient();
        string tree = await http.GetStringAsync(new Uri(server.Address, "/v2/keys/?recursive=true"), Cancellation);
        Assert.Equal(0, keys.Count);
        Assert.Contains("\"key\":\"/", tree, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Backup_TargetInUse_IsRefusedAndLeftAlone()
    {
        using var fixture = new DataDirectoryFixture("v35-kill9");
        Directory.CreateDirectory(_directory.File("backup/member/snap"));
        await File.WriteAllTextAsync(_directory.File("backup/member/snap/mine"), "mine", Cancellation);

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"backup --data-dir {fixture.DataDirectory} --backup-dir {_directory.File("backup")}");

        Assert.Equal(1, ours.ExitCode);
        Assert.Contains("to be empty, got [\"mine\"]\n", ours.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(_directory.File("backup/member/snap/mine")));
    }

    // /dev/full refuses every write, as a full disk does to whom the output is sent to.
    [Fact]
    public async Task Output_CannotBeWritten_IsAnErrorInOneLine()
    {
        foreach (string command in new[] { $"{OurPrograms.Utl} version", $"{OurPrograms.Ctl} version", $"{OurPrograms.Ctl} completion bash" })
        {
            CommandOutcome outcome = await new Command("/bin/sh", ["-c", $"{command} > /dev/full"]).RunAsync(Cancellation);

            Assert.Equal(1, outcome.ExitCode);
            Assert.StartsWith("Error: No space left on device", outcome.Errors, StringComparison.Ordinal);
            Assert.Single(outcome.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        // Why a command has failed comes first.
        CommandOutcome wrong = await new Command("/bin/sh", ["-c", $"{OurPrograms.Ctl} get --nothing > /dev/full"]).RunAsync(Cancellation);
        Assert.Equal((1, "Error: unknown flag: --nothing\n\nError: unknown flag: --nothing\n"), (wrong.ExitCode, wrong.Errors));
    }

    // What cannot be told to anybody changes nothing about the work, nor about its exit code.
    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Errors_CannotBeWritten_AreLostAndTheWorkIsDone()
    {
        using var fixture = new DataDirectoryFixture("v35-full");
        string copy = _directory.File("copy.etcd");
        (string Command, int ExitCode)[] expected =
        [
            ($"{OurPrograms.Utl} snapshot restore {Path.Combine(fixture.SnapDirectory, "db")} --skip-hash-check --data-dir {copy}", 0),
            ($"{OurPrograms.Utl} version --frob", 1),
            ($"{OurPrograms.Ctl} get --nothing", 1),
            ($"{OurPrograms.Ctl} snapshot status {Path.Combine(fixture.SnapDirectory, "db")}", 0),
        ];
        foreach ((string command, int exitCode) in expected)
        {
            CommandOutcome outcome = await new Command("/bin/sh", ["-c", $"{command} 2> /dev/full"]).RunAsync(Cancellation);

            Assert.Equal((command, exitCode), (command, outcome.ExitCode));
        }

        Assert.True(File.Exists(Path.Combine(copy, "member/snap/db")));
    }

    // A file whose checksum is right may still hold anything.
    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Backup_TreeOfTheSnapshotIsNone_IsRefusedInOneLine()
    {
        using var fixture = new DataDirectoryFixture("v35-kill9");
        DamageTree(Directory.GetFiles(fixture.SnapDirectory, "*.snap").Order(StringComparer.Ordinal).Last());

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"backup --data-dir {fixture.DataDirectory} --backup-dir {_directory.File("backup")}");

        Assert.Equal(1, ours.ExitCode);
        Assert.StartsWith("Error: ", ours.Errors, StringComparison.Ordinal);
        Assert.Single(ours.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(_directory.File("backup/member")));
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Directories))]
    public async Task Check_DirectoryOfRealEtcd_FindsNothingButTornTails(string name)
    {
        using var fixture = new DataDirectoryFixture(name);

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"check --data-dir {fixture.DataDirectory} -w json");

        using JsonDocument report = JsonDocument.Parse(ours.MustSucceed().Output);
        string[] kinds = [.. report.RootElement.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("kind").GetString()!)];
        Assert.Equal(name.EndsWith("tornwal", StringComparison.Ordinal) ? ["torn"] : [], kinds);
        Assert.True(report.RootElement.GetProperty("databasePairs").GetInt64() > 0);
    }

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Check_SeveralDamagedPlaces_NamesEachWithFileAndOffset()
    {
        using var fixture = new DataDirectoryFixture("v35-kill9");
        string segment = Directory.GetFiles(fixture.WalDirectory, "*.wal").Single();
        long[] offsets = [.. (await DumpAsync($"dump wal {fixture.WalDirectory} -w json")).Where(record => Kind(record) == "entry").Select(record => record.GetProperty("offset").GetInt64())];
        FlipByte(segment, offsets[10] + 30);
        FlipByte(segment, offsets[20] + 30);
        FlipByte(segment, offsets[30] + 3);
        string snapshot = Directory.GetFiles(fixture.SnapDirectory, "*.snap")[0];
        FlipByte(snapshot, 200);

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"check --data-dir {fixture.DataDirectory}");

        Assert.Equal(1, ours.ExitCode);
        foreach (long offset in new[] { offsets[10], offsets[20], offsets[30] })
        {
            Assert.Contains($"{segment}: offset {offset}: broken: ", ours.Output, StringComparison.Ordinal);
        }

        Assert.Contains($"{snapshot}: offset 0: broken: checksum", ours.Output, StringComparison.Ordinal);
        Assert.Equal(4, ours.Output.Split(": broken: ").Length - 1);
    }

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Check_DamagedDatabase_NamesItWithTheOffset()
    {
        using var fixture = new DataDirectoryFixture("v35-full");
        string database = Path.Combine(fixture.SnapDirectory, "db");
        long damaged = RootPageOf(await File.ReadAllBytesAsync(database, Cancellation)) + PageFlagsOffset;
        FlipByte(database, damaged);

        CommandOutcome text = await RunAsync(OurPrograms.Utl, $"check --data-dir {fixture.DataDirectory}");
        JsonElement report = await CheckAsync(fixture);

        Assert.Equal(1, text.ExitCode);
        Assert.Contains($"{database}: offset {damaged}: broken: ", text.Output, StringComparison.Ordinal);
        Assert.True(report.GetProperty("damaged").GetBoolean());
        Assert.Contains(
            report.GetProperty("findings").EnumerateArray(),
            finding => (finding.GetProperty("file").GetString(), finding.GetProperty("kind").GetString()) == (database, "broken")
                && finding.GetProperty("offset").GetInt64() == damaged);
    }

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Check_WhileAMemberRuns_SaysThatTheFileIsInUse()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));

        // Any time that Go takes; one that is over before it begins allows one try.
        foreach (string command in new[] { "check --timeout 100ms", "check --timeout 100us", "repair --timeout=-1ms" })
        {
            CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"{command} --data-dir {_directory.File("data")}");

            Assert.Equal(
                (1, string.Empty, $"Error: {_directory.File("data/member/snap/db")} is in use by another process\n"), (ours.ExitCode, ours.Output, ours.Errors));
        }
    }

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Dump_LogDatabaseAndSnapshot_ShowEverythingButSecrets()
    {
        using var fixture = new DataDirectoryFixture("v34-full");

        List<JsonElement> log = await DumpAsync($"dump wal {fixture.WalDirectory} -w json");
        List<JsonElement> database = await DumpAsync($"dump db {Path.Combine(fixture.SnapDirectory, "db")} -w json");
        CommandOutcome snapshots = await RunAsync(OurPrograms.Utl, $"dump snap {fixture.SnapDirectory}");

        Assert.Equal(fixture.Offline.GetProperty("db").GetProperty("buckets").GetProperty("key").GetProperty("keys").GetInt32(), database.Count(line => Kind(line) is "put" or "delete"));
        Assert.Contains(log, line => Kind(line) == "entry" && line.GetProperty("request").GetString() == "put");
        Assert.Contains(log, line => Kind(line) == "entry" && line.GetProperty("request").GetString() == "AddNode");
        Assert.DoesNotContain(log, line => line.TryGetProperty("unreadable", out _));
        Assert.DoesNotContain(log, line => line.ToString().Contains("rootpw", StringComparison.Ordinal));
        Assert.DoesNotContain(database, line => line.ToString().Contains("$2a$", StringComparison.Ordinal));
        Assert.Equal(3, snapshots.MustSucceed().Output.Split("snapshot file=").Length - 1);
    }

    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Repair_LogBrokenBehindTheDatabase_MemberStartsWithWhatIsLeft()
    {
        using var fixture = new DataDirectoryFixture("v34-kill9");
        ulong inDatabase = (await CheckAsync(fixture)).GetProperty("consistentIndex").GetUInt64();
        JsonElement[] entries = [.. (await DumpAsync($"dump wal {fixture.WalDirectory} -w json")).Where(record => Kind(record) == "entry")];
        JsonElement damaged = entries.First(entry => entry.GetProperty("index").GetUInt64() > inDatabase + 5);
        string segment = Directory.GetFiles(fixture.WalDirectory, "*.wal").Single();
        FlipByte(segment, damaged.GetProperty("offset").GetInt64() + 30);
        byte[] before = await File.ReadAllBytesAsync(segment, Cancellation);

        CommandOutcome told = await RunAsync(OurPrograms.Utl, $"repair --data-dir {fixture.DataDirectory}");
        Assert.Equal(before, await File.ReadAllBytesAsync(segment, Cancellation));
        CommandOutcome cut = await RunAsync(OurPrograms.Utl, $"repair --data-dir {fixture.DataDirectory} --cut --backup-dir {_directory.File("kept")}");

        Assert.Contains("nothing was changed", told.MustSucceed().Output, StringComparison.Ordinal);
        cut.MustSucceed();
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(_directory.File("kept"), Path.GetFileName(segment)), Cancellation));
        Assert.False((await CheckAsync(fixture)).GetProperty("damaged").GetBoolean());
        await using EtcdServer server = await StartAsync(ServerKind.Ours, fixture.DataDirectory);
    }

    // What is cut off may be all there is of the data that the database has lost.
    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Repair_DatabaseIsDamaged_SaysSoAndCutsNothing()
    {
        using var fixture = new DataDirectoryFixture("v34-kill9");
        JsonElement[] entries = [.. (await DumpAsync($"dump wal {fixture.WalDirectory} -w json")).Where(record => Kind(record) == "entry")];
        string segment = Directory.GetFiles(fixture.WalDirectory, "*.wal").Single();
        FlipByte(segment, entries[^5].GetProperty("offset").GetInt64() + 30);
        FlipByte(Path.Combine(fixture.SnapDirectory, "db"), 16);
        FlipByte(Path.Combine(fixture.SnapDirectory, "db"), 4096 + 16);
        byte[] before = await File.ReadAllBytesAsync(segment, Cancellation);

        CommandOutcome told = await RunAsync(OurPrograms.Utl, $"repair --data-dir {fixture.DataDirectory}");
        CommandOutcome cut = await RunAsync(OurPrograms.Utl, $"repair --data-dir {fixture.DataDirectory} --cut --backup-dir {_directory.File("kept")}");

        Assert.Contains("the database is at an index that cannot be read\n", told.MustSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("so --cut is refused: ", told.Output, StringComparison.Ordinal);
        Assert.Equal(1, cut.ExitCode);
        Assert.Contains("nothing was cut", cut.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(segment, Cancellation));
        Assert.False(Directory.Exists(_directory.File("kept")));
    }

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public async Task Migrate_To36AndBack_LeavesTheDatabaseAsItWas()
    {
        using var fixture = new DataDirectoryFixture("v35-full");
        string database = Path.Combine(fixture.SnapDirectory, "db");
        string before = (await RunAsync(OurPrograms.Utl, $"snapshot status {database}")).MustSucceed().Output;

        (await RunAsync(OurPrograms.Utl, $"migrate --data-dir {fixture.DataDirectory} --target-version 3.6")).MustSucceed();
        string there = (await RunAsync(OurPrograms.Utl, $"dump db {database} --bucket meta")).MustSucceed().Output;
        (await RunAsync(OurPrograms.Utl, $"migrate --data-dir {fixture.DataDirectory} --target-version 3.5")).MustSucceed();
        string after = (await RunAsync(OurPrograms.Utl, $"snapshot status {database}")).MustSucceed().Output;

        Assert.Contains("pair key=\"storageVersion\" value=3.6.0\n", there, StringComparison.Ordinal);
        Assert.Equal(before, after);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full", "3.6", "cannot migrate to 3.6: ")]
    [InlineData("v35-full", "3.4", "target version \"3.4\" is none that data can be migrated to")]
    public async Task Migrate_ToWhereThereIsNoWay_IsRefused(string name, string target, string reason)
    {
        using var fixture = new DataDirectoryFixture(name);

        CommandOutcome ours = await RunAsync(OurPrograms.Utl, $"migrate --data-dir {fixture.DataDirectory} --target-version {target}");

        Assert.Equal(1, ours.ExitCode);
        Assert.StartsWith("Error: " + reason, ours.Errors, StringComparison.Ordinal);
    }

    // Index and term of the last entry, configuration, both marks of the compaction, members, cluster version, lease: the bytes, not their meaning.
    [Fact(SkipUnless = nameof(IsPossible), Skip = RealEtcd.AbsentReason)]
    public async Task Database_AfterTheSameWork_HasTheSamePairsAsThatOfRealEtcd()
    {
        Dictionary<string, string> real = [], ours = [];
        foreach ((ServerKind kind, Dictionary<string, string> dumps) in new[] { (ServerKind.Real35, real), (ServerKind.Ours, ours) })
        {
            string data = _directory.File(kind.ToString());
            ulong removed;
            await using (EtcdServer server = await EtcdServer.StartAsync(
                new EtcdServerOptions { Kind = kind, DataDirectory = data, HasFixedIdentity = true, Flags = ["--snapshot-count", "5"] }, Cancellation))
            {
                removed = await WorkAsync(server);
                await server.TerminateAsync();
            }

            foreach (string bucket in Buckets)
            {
                string dump = (await RunAsync(OurPrograms.Utl, $"dump db {data}/member/snap/db --bucket {bucket}")).MustSucceed().Output.Split('\n', 2)[1];

                // The time of its adding is a part of a member's id.
                dumps.Add(bucket, dump.Replace($"{removed:x}", "REMOVED", StringComparison.Ordinal));
            }
        }

        Assert.All(Buckets, bucket => Assert.Equal((bucket, real[bucket]), (bucket, ours[bucket])));
        Assert.All(Buckets, bucket => Assert.NotEqual((bucket, ""), (bucket, ours[bucket])));
        Assert.Contains("REMOVED", ours["members_removed"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snapshot ", "restore\nstatus\n:4\n")]
    [InlineData("comp", "completion\n:4\n")]
    [InlineData("defrag --d", "--data-dir\n:4\n")]
    public async Task Completion_WordsBegun_OffersWhatFits(string words, string expected)
    {
        CommandOutcome ours = await new Command(OurPrograms.Utl, ["__completeNoDesc", .. words.Split(' ')]).RunAsync(Cancellation);

        Assert.Equal(expected, ours.MustSucceed().Output);
    }

    /// <summary>Something for every bucket.</summary>
    /// <returns>Id of the member that was added and removed.</returns>
    private static async Task<ulong> WorkAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        for (int number = 0; number < 10; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text($"k{number % 4}"), Value = Text($"{number}") });
        }

        DeleteRangeResponse deleted = await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text("k1") });
        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = deleted.Header.Revision, Physical = true });
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("k1"), Value = Text("again") });
        await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { ID = 0x1234, TTL = 3600 });
        await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { ID = 0x1235, TTL = 3600 });
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("leased"), Lease = 0x1234 });
        await connection.CallAsync(EtcdMethods.LeaseRevoke, new LeaseRevokeRequest { ID = 0x1235 });
        await connection.CallAsync(AuthMethods.RoleAdd, new AuthRoleAddRequest { Name = "reader" });
        await connection.CallAsync(AuthMethods.RoleGrantPermission, new AuthRoleGrantPermissionRequest
        {
            Name = "reader",
            Perm = new Permission { PermType = Permission.Types.Type.Readwrite, Key = Text("a"), RangeEnd = Text("b") },
        });
        await connection.CallAsync(AuthMethods.UserAdd, new AuthUserAddRequest { Name = "nobody", Options = new UserAddOptions { NoPassword = true } });
        await connection.CallAsync(AuthMethods.UserGrantRole, new AuthUserGrantRoleRequest { User = "nobody", Role = "reader" });

        // A learner: the one voter that there is must be enough for the rest.
        MemberAddResponse added = await connection.CallAsync(
            EtcdMethods.MemberAdd, new MemberAddRequest { PeerURLs = { "http://127.0.0.1:1" }, IsLearner = true });
        await connection.CallAsync(EtcdMethods.MemberRemove, new MemberRemoveRequest { ID = added.Member.ID });
        await connection.CallAsync(EtcdMethods.Alarm, new AlarmRequest
        {
            Action = AlarmRequest.Types.AlarmAction.Activate,
            MemberID = added.Header.MemberId,
            Alarm = AlarmType.Nospace,
        });
        return added.Member.ID;
    }

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private static string Kind(JsonElement line) => line.GetProperty("record").GetString()!;

    /// <summary>Where the page of the buckets begins, by the newer of both meta pages (layout: docs/internals/bolt.md).</summary>
    private static long RootPageOf(ReadOnlySpan<byte> database)
    {
        ReadOnlySpan<byte> first = database[..PageBytes], second = database.Slice(PageBytes, PageBytes);
        ReadOnlySpan<byte> newer = TransactionOf(first) > TransactionOf(second) ? first : second;
        return BinaryPrimitives.ReadInt64LittleEndian(newer[32..]) * PageBytes;

        static ulong TransactionOf(ReadOnlySpan<byte> meta) => BinaryPrimitives.ReadUInt64LittleEndian(meta[64..]);
    }

    /// <summary>Makes the tree in a snapshot file unreadable, under a checksum that is right: field 1 over field 2.</summary>
    private static void DamageTree(string path)
    {
        using var input = new CodedInputStream(File.ReadAllBytes(path));
        input.ReadTag();
        input.ReadUInt32();
        input.ReadTag();
        byte[] content = input.ReadBytes().ToByteArray();
        content[content.AsSpan().IndexOf((byte)'{')] = (byte)'!';
        using FileStream file = File.Create(path);
        using var output = new CodedOutputStream(file);
        output.WriteTag(1, WireFormat.WireType.Varint);
        output.WriteUInt32(Crc32C.Append(0, content));
        output.WriteTag(2, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(content));
    }

    private static void FlipByte(string path, long offset)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }

    private static async Task<List<JsonElement>> DumpAsync(string line)
    {
        string output = (await RunAsync(OurPrograms.Utl, line)).MustSucceed().Output;
        List<JsonElement> lines = [];
        foreach (string text in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument document = JsonDocument.Parse(text);
            lines.Add(document.RootElement.Clone());
        }

        return lines;
    }

    private static async Task<JsonElement> CheckAsync(DataDirectoryFixture fixture)
    {
        CommandOutcome outcome = await RunAsync(OurPrograms.Utl, $"check --data-dir {fixture.DataDirectory} -w json");
        using JsonDocument report = JsonDocument.Parse(outcome.Output);
        return report.RootElement.Clone();
    }

    private static async Task<HashKVResponse> HashAsync(ServerKind kind, string dataDirectory, params string[] flags)
    {
        await using EtcdServer server = await StartAsync(kind, dataDirectory, flags);
        await using var connection = new EtcdConnection(server);
        return await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
    }

    private static Task<EtcdServer> StartAsync(ServerKind kind, string dataDirectory, params string[] flags) =>
        EtcdServer.StartAsync(new EtcdServerOptions { Kind = kind, DataDirectory = dataDirectory, Flags = flags }, Cancellation);

    private static Task<CommandOutcome> RunAsync(string program, string line) =>
        new Command(program, line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).RunAsync(Cancellation);
}
