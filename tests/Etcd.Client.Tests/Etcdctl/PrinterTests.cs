using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl;
using Etcdctl.Output;
using Google.Protobuf;

namespace Etcd.Client.Tests.Etcdctl;

// Gold text: what etcdctl 3.5.30 printed for these replies.
public class PrinterTests
{
    private static readonly ResponseHeader Header =
        new() { ClusterId = 7801232528081817440, MemberId = 13458989633860879742, Revision = 16, RaftTerm = 2 };

    private static readonly RangeResponse Reply = new()
    {
        Header = Header,
        Count = 2,
        More = true,
        Kvs =
        {
            new KeyValue
            {
                Key = ByteString.CopyFromUtf8("kk"),
                CreateRevision = 16,
                ModRevision = 16,
                Version = 1,
                Value = ByteString.CopyFrom([.. "a&b<c>日本\u0001"u8, 0xff]),
            },
        },
    };

    [Theory]
    [InlineData("simple", false, "kk\na&b<c>日本\u0001<ff>\n")]
    [InlineData("simple", true, @"\x6b\x6b" + "\n" + @"\x61\x26\x62\x3c\x63\x3e\xe6\x97\xa5\xe6\x9c\xac\x01\xff" + "\n")]
    [InlineData("fields", false,
        "\"ClusterID\" : 7801232528081817440\n\"MemberID\" : 13458989633860879742\n\"Revision\" : 16\n\"RaftTerm\" : 2\n"
        + "\"Key\" : \"kk\"\n\"CreateRevision\" : 16\n\"ModRevision\" : 16\n\"Version\" : 1\n"
        + "\"Value\" : \"a&b<c>日本\\x01\\xff\"\n\"Lease\" : 0\n\"More\" : true\n\"Count\" : 2\n")]
    [InlineData("json", false,
        "{\"header\":{\"cluster_id\":7801232528081817440,\"member_id\":13458989633860879742,\"revision\":16,\"raft_term\":2},"
        + "\"kvs\":[{\"key\":\"a2s=\",\"create_revision\":16,\"mod_revision\":16,\"version\":1,\"value\":\"YSZiPGM+5pel5pysAf8=\"}],"
        + "\"more\":true,\"count\":2}\n")]
    public void Get_Format_PrintsAsEtcdctl(string format, bool hex, string expected) =>
        Assert.Equal(expected, Print(format, hex, printer => printer.Get(Reply)).Replace("\udcff", "<ff>", StringComparison.Ordinal));

    [Fact]
    public void Members_Table_IsBoxedCentredAndRightAligned()
    {
        MemberListResponse reply = new()
        {
            Members =
            {
                new Member { ID = 0x2943212f5e2cf73, Name = "default", PeerURLs = { "http://127.0.0.1:23802" }, ClientURLs = { "http://a", "http://b" } },
                new Member { ID = 0x717422d404ded21b, PeerURLs = { "http://127.0.0.1:9998" }, IsLearner = true },
            },
        };

        string expected = """
            ┌──────────────────┬───────────┬─────────┬────────────────────────┬───────────────────┬────────────┐
            │        ID        │  STATUS   │  NAME   │       PEER ADDRS       │   CLIENT ADDRS    │ IS LEARNER │
            ├──────────────────┼───────────┼─────────┼────────────────────────┼───────────────────┼────────────┤
            │  2943212f5e2cf73 │   started │ default │ http://127.0.0.1:23802 │ http://a,http://b │      false │
            │ 717422d404ded21b │ unstarted │         │  http://127.0.0.1:9998 │                   │       true │
            └──────────────────┴───────────┴─────────┴────────────────────────┴───────────────────┴────────────┘

            """;
        Assert.Equal(expected, Print("table", hex: false, printer => printer.Members(reply)));
    }

    [Fact]
    public void Members_HexJson_IsTheRecordOfItsOwn()
    {
        MemberListResponse reply = new()
        {
            Header = new ResponseHeader { ClusterId = 0x70f9cf875eabdc0b, MemberId = 0x2943212f5e2cf73, RaftTerm = 2 },
            Members = { new Member { ID = 0x717422d404ded21b, PeerURLs = { "http://127.0.0.1:9998" }, IsLearner = true } },
        };

        Assert.Equal(
            "{\"header\":{\"cluster_id\":\"70f9cf875eabdc0b\",\"member_id\":\"2943212f5e2cf73\",\"raft_term\":2},"
            + "\"members\":[{\"ID\":\"717422d404ded21b\",\"name\":\"\",\"peerURLs\":[\"http://127.0.0.1:9998\"],\"clientURLS\":null}]}\n",
            Print("json", hex: true, printer => printer.Members(reply)));
    }

    [Fact]
    public void Alarms_EachFormat_NameMemberAndKind()
    {
        AlarmResponse reply = new()
        {
            Header = Header,
            Alarms = { new AlarmMember { MemberID = 185828541645115251, Alarm = AlarmType.Nospace } },
        };

        Assert.Equal("memberID:185828541645115251 alarm:NOSPACE \n", Print("simple", false, printer => printer.Alarms(reply)));
        Assert.EndsWith("\"MemberID\" : 185828541645115251\n\"AlarmType\" : NOSPACE\n\n", Print("fields", false, printer => printer.Alarms(reply)));
        Assert.EndsWith(
            "\"alarms\":[{\"memberID\":185828541645115251,\"alarm\":1}]}\n", Print("json", false, printer => printer.Alarms(reply)));
    }

    [Fact]
    public void Status_AlarmsAreErrors_InEachFormat()
    {
        EndpointReply<StatusResponse>[] replies =
        [
            new("127.0.0.1:23801", new StatusResponse
            {
                Header = Header, Version = "3.5.30", DbSize = 20480, Leader = Header.MemberId, RaftIndex = 7, RaftTerm = 2,
                RaftAppliedIndex = 7, DbSizeInUse = 16384, Errors = { "memberID:1 alarm:NOSPACE " },
            }),
        ];

        Assert.Equal(
            "127.0.0.1:23801, bac7efc361f1457e, 3.5.30, 20 kB, true, false, 2, 7, 7, memberID:1 alarm:NOSPACE \n",
            Print("simple", false, printer => printer.Status(replies)));
        Assert.Contains("\"Errors\" : [memberID:1 alarm:NOSPACE ]\n", Print("fields", false, printer => printer.Status(replies)), StringComparison.Ordinal);
        Assert.Contains(
            "\"raftAppliedIndex\":7,\"errors\":[\"memberID:1 alarm:NOSPACE \"],\"dbSizeInUse\":16384}}]",
            Print("json", false, printer => printer.Status(replies)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Health_FailedEndpoint_GoesToStandardError()
    {
        EndpointHealth[] results =
        [
            new("a:1", true, TimeSpan.FromTicks(26561), ""),
            new("b:1", false, TimeSpan.FromTicks(50029217), "context deadline exceeded"),
        ];

        Assert.Equal(
            "a:1 is healthy: successfully committed proposal: took = 2.6561ms\n"
            + "b:1 is unhealthy: failed to commit proposal: context deadline exceeded\n",
            Print("simple", false, printer => printer.Health(results)));
        Assert.Equal(
            "[{\"endpoint\":\"a:1\",\"health\":true,\"took\":\"2.6561ms\"},"
            + "{\"endpoint\":\"b:1\",\"health\":false,\"took\":\"5.0029217s\",\"error\":\"context deadline exceeded\"}]\n",
            Print("json", false, printer => printer.Health(results)));
    }

    [Fact]
    public void Watch_CompactedInJson_HasTheRevision()
    {
        WatchResponse reply = new() { Header = new ResponseHeader { RaftTerm = 2 }, Canceled = true, CompactRevision = 18 };

        Assert.Equal(
            "{\"Header\":{\"raft_term\":2},\"Events\":[],\"CompactRevision\":18,\"Canceled\":true,\"Created\":false}\n",
            Print("json", false, printer => printer.Watch(reply)));
    }

    [Fact]
    public void Grant_Protobuf_IsTheHeaderAlone() => Assert.Equal(
        Header.ToByteArray(),
        PrintBytes("protobuf", false, printer => printer.Grant(new LeaseGrantResponse { Header = Header, ID = 1, TTL = 2 })));

    [Theory]
    [InlineData("table")]
    [InlineData("protobuf")]
    public void Unsupported_Format_EndsWithExitCode4(string format)
    {
        CommandFailedException failure = Assert.Throws<CommandFailedException>(
            () => Print(format, false, printer => printer.Revoke(1, new LeaseRevokeResponse { Header = Header })));

        Assert.Equal(ExitCode.BadFeature, failure.Code);
    }

    private static string Print(string format, bool hex, Action<Printer> print) =>
        global::Etcdctl.Text.RawText.Decode(PrintBytes(format, hex, print));

    private static byte[] PrintBytes(string format, bool hex, Action<Printer> print)
    {
        MemoryStream output = new();
        using (Terminal terminal = new(() => Stream.Null, () => output, () => output))
        {
            print(Printer.Create(format, hex, terminal)!);
        }

        return output.ToArray();
    }
}
