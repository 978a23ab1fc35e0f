using System.Text;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc.Server.Local;
using Etcd.Protocol.Rpc;

using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Etcd.Api.Tests.Gateway;

/// <summary>JSON to messages and back. Texts of refusals as real etcd 3.5.30 gave them.</summary>
public sealed class JsonMessageTests
{
    [Theory]
    [InlineData("""{"key":5}""", "(line 1:8): invalid value for bytes field key: 5")]
    [InlineData("""{"key":[97,98]}""", "(line 1:8): invalid value for bytes field key: [")]
    [InlineData("""{"key":"!!!!"}""", "(line 1:8): invalid value for bytes field key: \"!!!!\"")]
    [InlineData("""{"limit":"x"}""", "(line 1:10): invalid value for int64 field limit: \"x\"")]
    [InlineData("""{"limit":1.5}""", "(line 1:10): invalid value for int64 field limit: 1.5")]
    [InlineData("""{"limit":""}""", "(line 1:10): invalid value for int64 field limit: \"\"")]
    [InlineData("""{"limit":{}}""", "(line 1:10): invalid value for int64 field limit: {")]
    [InlineData("""{"limit":99999999999999999999}""", "(line 1:10): invalid value for int64 field limit: 99999999999999999999")]
    [InlineData("""{"sort_order":true}""", "(line 1:15): invalid value for enum field sortOrder: true")]
    [InlineData("""{"serializable":"true"}""", "(line 1:17): invalid value for bool field serializable: \"true\"")]
    [InlineData("""{"key":"YQ==","key":"Zm9v"}""", "(line 1:15): duplicate field \"key\"")]
    [InlineData("null", "syntax error (line 1:1): unexpected token null")]
    [InlineData("[]", "syntax error (line 1:1): unexpected token [")]
    [InlineData("\"a\"", "syntax error (line 1:1): unexpected token \"a\"")]
    public void Translate_RangeThatIsNone_SaysWhatAndWhere(string json, string fault)
    {
        JsonFaultException failure = Assert.Throws<JsonFaultException>(() => Parse<RangeRequest>(json));

        Assert.Equal("proto:\u00a0" + fault, failure.Message);
    }

    [Theory]
    [InlineData("""{"compare":{}}""", "syntax error (line 1:12): unexpected token {")]
    [InlineData("""{"compare":[5]}""", "syntax error (line 1:13): unexpected token 5")]
    [InlineData(
        """{"success":[{"request_range":{"key":"Zm9v"},"request_put":{"key":"YQ=="}}]}""",
        "(line 1:45): error parsing \"request_put\", oneof etcdserverpb.RequestOp.request is already set")]
    [InlineData("{\n \"é\":1,\n\"success\":[\n 7]}", "syntax error (line 4:2): unexpected token 7")]
    public void Translate_TxnThatIsNone_SaysWhatAndWhere(string json, string fault)
    {
        JsonFaultException failure = Assert.Throws<JsonFaultException>(() => Parse<TxnRequest>(json));

        Assert.Equal("proto:\u00a0" + fault, failure.Message);
    }

    [Theory]
    [InlineData("""{"key":"Zm9"}""", "fo")]
    [InlineData("""{"key":"Zm9v"}""", "foo")]
    [InlineData("""{"key":"Zm9vZg"}""", "foof")]
    [InlineData("""{"key":"Zm\n9v"}""", "foo")]
    [InlineData("""{"key":"Zm9v","unknown":{"a":[1,"x",{"b":null}]},"limit":null}""", "foo")]
    [InlineData(""" { "key" : "Zm9v" , "limit" : null } """, "foo")]
    [InlineData("""{"k\u0065y":"Zm9\u0076"}""", "foo")]
    public void Translate_KeyInAnyForm_IsTheKey(string json, string key) =>
        Assert.Equal(key, Parse<RangeRequest>(json.Trim()).Key.ToStringUtf8());

    [Fact]
    public void Translate_UrlSafeBase64_IsTaken() =>
        Assert.Equal(new byte[] { 0xff, 0xef }, Parse<RangeRequest>("""{"key":"_-8="}""").Key.ToByteArray());

    [Theory]
    [InlineData("7", 7)]
    [InlineData("\"7\"", 7)]
    [InlineData("-7", -7)]
    [InlineData("7e2", 700)]
    [InlineData("70.0", 70)]
    [InlineData("1200E-2", 12)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("\"-9223372036854775808\"", long.MinValue)]
    public void Translate_IntegerInAnyForm_IsTheInteger(string number, long expected) =>
        Assert.Equal(expected, Parse<RangeRequest>($$"""{"limit":{{number}}}""").Limit);

    [Theory]
    [InlineData("\"DESCEND\"", RangeRequest.Types.SortOrder.Descend)]
    [InlineData("2", RangeRequest.Types.SortOrder.Descend)]
    [InlineData("\"LATER_RELEASE\"", RangeRequest.Types.SortOrder.None)]
    public void Translate_EnumerationByNameOrNumber_IsTaken(string value, RangeRequest.Types.SortOrder expected)
    {
        Assert.Equal(expected, Parse<RangeRequest>($$"""{"sort_order":{{value}}}""").SortOrder);
        Assert.Equal(expected, Parse<RangeRequest>($$"""{"sortOrder":{{value}}}""").SortOrder);
    }

    // Lengths of one, two and three bytes are written ahead of what they count.
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(20_000)]
    public void Translate_NestedTransaction_ComesBackAsItWas(int valueBytes)
    {
        var put = new RequestOp { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[valueBytes]), Lease = 7 } };
        var txn = new TxnRequest
        {
            Compare = { new Compare { Key = ByteString.CopyFromUtf8("k"), Target = Compare.Types.CompareTarget.Value, Value = ByteString.Empty } },
            Success = { put, new RequestOp { RequestTxn = new TxnRequest { Failure = { put } } } },
        };

        string json = ToJson(txn);
        TxnRequest again = Parse<TxnRequest>(json);

        Assert.Equal(txn, again);
    }

    [Fact]
    public void Translate_Reply_HasOriginalNamesAndLeavesZerosOut()
    {
        var reply = new RangeResponse
        {
            Header = new ResponseHeader { ClusterId = ulong.MaxValue, MemberId = 2, Revision = 3 },
            Kvs = { new Etcd.Protocol.Kv.KeyValue { Key = ByteString.CopyFromUtf8("foo"), ModRevision = 2 }, new Etcd.Protocol.Kv.KeyValue() },
            More = true,
        };

        Assert.Equal(
            """{"header":{"cluster_id":"18446744073709551615","member_id":"2","revision":"3"},"kvs":[{"key":"Zm9v","mod_revision":"2"},{}],"more":true}""",
            ToJson(reply));
    }

    [Fact]
    public void Translate_NamesAndNumbersOfReplies_AreAsProtobufHasThem()
    {
        Assert.Equal(
            """{"alarms":[{"memberID":"7","alarm":"NOSPACE"},{"memberID":"8","alarm":99}]}""",
            ToJson(new AlarmResponse
            {
                Alarms = { new AlarmMember { MemberID = 7, Alarm = AlarmType.Nospace }, new AlarmMember { MemberID = 8, Alarm = (AlarmType)99 } },
            }));
        Assert.Equal("""{"hash":4013914339,"compact_revision":"-1"}""", ToJson(new HashKVResponse { Hash = 4013914339, CompactRevision = -1 }));
        Assert.Equal(
            """{"version":"a\"\\\n\u0001<é>","errors":["x",""]}""",
            ToJson(new StatusResponse { Version = "a\"\\\n\u0001<é>", Errors = { "x", "" } }));
        Assert.Equal("""{"responses":[{"response_put":{}}]}""", ToJson(new TxnResponse { Responses = { new ResponseOp { ResponsePut = new PutResponse() } } }));
    }

    [Fact]
    public void Translate_MessagesDeepInEachOther_AreRefused()
    {
        string json = string.Concat(Enumerable.Repeat("""{"success":[{"request_txn":""", 200)) + "{}" + string.Concat(Enumerable.Repeat("}]}", 200));

        Assert.Throws<JsonFaultException>(() => Parse<TxnRequest>(json));
    }

    // Whatever bytes come, they are a message or a refusal.
    [Fact]
    public void Translate_DamagedJson_IsAMessageOrARefusal()
    {
        byte[] good = Encoding.UTF8.GetBytes(
            """{"compare":[{"key":"Zm9v","result":"EQUAL","target":3,"value":"YmFy"}],"success":[{"requestRange":{"key":"Zm9v","limit":"12"}}],"failure":[]}""");
        var random = new Random(20_26);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = (byte[])good.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var scanner = new JsonScanner();
            if (!scanner.TryComplete(damaged, out int used))
            {
                continue;
            }

            try
            {
                using var message = new PooledBytes();
                JsonToMessage.Translate(damaged.AsSpan(0, used).TrimStart(" \t\r\n"u8), MessageShape.Of(TxnRequest.Descriptor), message);
                TxnRequest.Parser.ParseFrom(message.WrittenMemory.Span);
            }
            catch (JsonFaultException)
            {
                // The expected refusal.
            }
        }
    }

    private static T Parse<T>(string json)
        where T : IMessage<T>, new()
    {
        using var message = new PooledBytes();
        var result = new T();
        JsonToMessage.Translate(Encoding.UTF8.GetBytes(json), MessageShape.Of(result.Descriptor), message);
        result.MergeFrom(message.Written.ToArray());
        return result;
    }

    private static string ToJson(IMessage message)
    {
        MessageDescriptor descriptor = message.Descriptor;
        using var json = new PooledBytes();
        MessageToJson.Translate(message.ToByteArray(), MessageShape.Of(descriptor), json);
        return Encoding.UTF8.GetString(json.Written);
    }
}
