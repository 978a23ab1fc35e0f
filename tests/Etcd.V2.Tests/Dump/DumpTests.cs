using System.Text;

using FsCheck;
using FsCheck.Fluent;

namespace Etcd.V2.Tests.Dump;

public sealed class DumpTests
{
    private readonly TestTree _tree = new();

    [Fact]
    public void ToJson_EmptyTree_IsThatOfEtcd()
    {
        string nulls = string.Join(',', Enumerable.Repeat("null", 1000));

        Assert.Equal(
            """{"Root":{"Path":"/","CreatedIndex":0,"ModifiedIndex":0,"ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{"0":{"Path":"/0","CreatedIndex":0,"ModifiedIndex":0,"ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{}},"1":{"Path":"/1","CreatedIndex":0,"ModifiedIndex":0,"ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{}}}},"WatcherHub":{"EventHistory":{"Queue":{"Events":["""
            + nulls
            + """],"Size":0,"Front":0,"Back":0,"Capacity":1000},"StartIndex":0,"LastIndex":0}},"CurrentIndex":0,"Stats":{"getsSuccess":0,"getsFail":0,"setsSuccess":0,"setsFail":0,"deleteSuccess":0,"deleteFail":0,"updateSuccess":0,"updateFail":0,"createSuccess":0,"createFail":0,"compareAndSwapSuccess":0,"compareAndSwapFail":0,"compareAndDeleteSuccess":0,"compareAndDeleteFail":0,"expireCount":0,"watchers":0},"CurrentVersion":2}""",
            _tree.Dump());
    }

    [Theory]
    [InlineData("<a>&\"b\"\\c\t", "\\u003ca\\u003e\\u0026\\\"b\\\"\\\\c\\t")]
    [InlineData("\u0000\u0001\b\f\n\r\u007f", "\\u0000\\u0001\\u0008\\u000c\\n\\r\u007f")]
    [InlineData("\u2028\u2029é日😀", "\\u2028\\u2029é日😀")]
    public void ToJson_AnyText_IsEscapedAsGoDoes(string value, string escaped)
    {
        _tree.Set("/a", value);

        Assert.Contains($"\"Value\":\"{escaped}\"", _tree.Dump(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToJson_HalfASurrogatePair_BecomesTheReplacementCharacter()
    {
        _tree.Set("/a", "a" + '\ud800' + "b");

        Assert.Contains("\"Value\":\"a\\ufffdb\"", _tree.Dump(), StringComparison.Ordinal);
    }

    // Go sorts names by their bytes; in UTF-16 a code point above U+FFFF would come before U+FF00.
    [Fact]
    public void ToJson_Names_AreInTheOrderOfTheirUtf8Bytes()
    {
        _tree.Set("/d/😀", "1");
        _tree.Set("/d/\uff00", "1");

        string dump = _tree.Dump();

        Assert.True(dump.IndexOf("/d/\uff00\"", StringComparison.Ordinal) < dump.IndexOf("/d/😀\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2058-07-29T16:20:21.001225713Z", "2058-07-29T16:20:21.001225713Z")]
    [InlineData("2030-01-01T02:00:00.5+02:00", "2030-01-01T00:00:00.5Z")]
    [InlineData("2030-01-01T00:00:00-00:30", "2030-01-01T00:30:00Z")]
    [InlineData("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z")]
    [InlineData("9999-01-01T00:00:00Z", "2262-04-11T23:47:16.854775807Z")]
    public void Recover_TimeOfAnyZone_IsTheSameInstant(string written, string again)
    {
        _tree.Set("/a", "1", ttlSeconds: 1);
        var copy = new TestTree();

        copy.Store.Recover(Encoding.UTF8.GetBytes(_tree.Dump().Replace("\"ExpireTime\":\"2030-01-01T00:00:01Z\"", $"\"ExpireTime\":\"{written}\"", StringComparison.Ordinal)));

        Assert.Contains($"\"ExpireTime\":\"{again}\"", copy.Dump(), StringComparison.Ordinal);
    }

    // Real etcd writes neither white space nor an empty history, but accepts both; so did earlier releases of this server.
    [Fact]
    public void Recover_MinimalDump_GivesATreeThatWorks()
    {
        const string Json = """
            { "CurrentIndex": 7, "Unknown": [1, {"a": 2}],
              "Root": { "Children": { "1": { "Children": { "a": { "Value": "x", "CreatedIndex": 5, "ModifiedIndex": 6, "Children": null } } } } } }
            """;

        _tree.Store.Recover(Encoding.UTF8.GetBytes(Json));

        Assert.Equal("""{"action":"get","node":{"key":"/a","value":"x","modifiedIndex":6,"createdIndex":5}}""", TestTree.Reply(_tree.Get("/a")));
        Assert.Equal(8UL, _tree.Set("/b", "1").Event!.Index);
        Assert.Null(_tree.RefusedWatch("/b", 8));
    }

    [Fact]
    public void Recover_AnyTruncation_IsRefusedAndChangesNothing()
    {
        _tree.Set("/d/a", "1", ttlSeconds: 5);
        _tree.Delete("/d/a");
        byte[] json = _tree.Store.TakeDump().ToJson().ToArray();
        var other = new TestTree();
        other.Set("/kept", "1");
        string before = other.Dump();
        int nulls = Encoding.UTF8.GetString(json).IndexOf("null,null,null", StringComparison.Ordinal);

        // The thousand empty slots are all alike: a few of them stand for all.
        foreach (int length in Enumerable.Range(0, nulls + 10).Concat(Enumerable.Range(json.Length - 700, 700)))
        {
            Assert.Throws<InvalidDataException>(() => other.Store.Recover(json.AsMemory(0, length)));
        }

        Assert.Equal(before, other.Dump());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"Root\":1,\"CurrentIndex\":1}")]
    [InlineData("{\"Root\":{},\"CurrentIndex\":1}")]
    [InlineData("{\"Root\":{\"Children\":{}},\"CurrentIndex\":-1}")]
    [InlineData("{\"Root\":{\"Children\":{\"a\":1}},\"CurrentIndex\":1}")]
    [InlineData("{\"Root\":{\"Children\":{},\"ExpireTime\":\"yesterday\"},\"CurrentIndex\":1}")]
    [InlineData("{\"Root\":{\"Children\":{}},\"CurrentIndex\":1} x")]
    [InlineData("{\"Root\":{\"Children\":{}},\"CurrentIndex\":1,\"WatcherHub\":{\"EventHistory\":{\"Queue\":{\"Events\":[null],\"Size\":1}}}}")]
    [InlineData("{\"Root\":{\"Children\":{}},\"CurrentIndex\":1,\"WatcherHub\":{\"EventHistory\":{\"Queue\":{\"Events\":[{}],\"Size\":1}}}}")]
    [InlineData("{\"Root\":{\"Children\":{}},\"CurrentIndex\":1,\"WatcherHub\":{\"EventHistory\":{\"Queue\":{\"Events\":[],\"Size\":9,\"Front\":-1}}}}")]
    public void Recover_NoDump_IsRefused(string json) =>
        Assert.Throws<InvalidDataException>(() => _tree.Store.Recover(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void TakeDump_LaterChanges_AreNotInIt()
    {
        _tree.Set("/a", "1");
        string before = _tree.Dump();
        Etcd.V2.Dump.V2Dump dump = _tree.Store.TakeDump();

        _tree.Set("/b", "1");
        _tree.Delete("/a");

        Assert.Equal(before, Encoding.UTF8.GetString(dump.ToJson().Span));
    }

    // A member that came by snapshot must go on exactly like one that saw everything.
    [Fact]
    public void Recover_InTheMiddleOfAnyHistory_GoesOnTheSame()
    {
        Gen<int[]> steps = Gen.Choose(0, 9_999).ArrayOf(60);

        Prop.ForAll(steps.ToArbitrary(), values =>
        {
            var straight = new TestTree();
            var recovered = new TestTree();
            for (int i = 0; i < values.Length; i++)
            {
                Step(straight, values[i]);
                Step(recovered, values[i]);
                if (i % 7 == 0)
                {
                    var next = new TestTree();
                    next.Store.Recover(recovered.Store.TakeDump().ToJson());
                    recovered = next;
                }
            }

            return straight.Dump() == recovered.Dump();
        }).QuickCheckThrowOnFailure();
    }

    private static void Step(TestTree tree, int value)
    {
        string path = $"/{(char)('a' + (value / 100 % 3))}/{(char)('a' + (value / 1000 % 3))}";
        int ttl = value % 7;
        _ = (value % 10) switch
        {
            0 => tree.Set(path, $"{value}", ttl),
            1 => tree.Create(path, $"{value}", ttl),
            2 => tree.Update(path, $"{value}", ttl),
            3 => tree.Swap(path, "", (ulong)(value % 5), $"{value}"),
            4 => tree.Delete(path, isDirectory: true),
            5 => tree.Delete(path[..2], recursive: true),
            6 => tree.MakeDirectory(path, ttl),
            7 => tree.Post(path, $"{value}"),
            8 => tree.Set(path, "", ttl, refresh: true),
            _ => Expire(tree, ttl),
        };
    }

    private static V2Result Expire(TestTree tree, int seconds)
    {
        tree.Expire(seconds);
        return default;
    }
}
