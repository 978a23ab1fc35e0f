namespace Etcd.V2.Tests.Tree;

/// <summary>Replies and refusals of writes; every expected line was seen on real etcd 3.4.23 with <c>--enable-v2</c>.</summary>
public sealed class WriteTests
{
    private readonly TestTree _tree = new();

    [Fact]
    public void Set_NewKey_IsCreated()
    {
        V2Result result = _tree.Set("/message", "Hello");

        Assert.Equal("""{"action":"set","node":{"key":"/message","value":"Hello","modifiedIndex":1,"createdIndex":1}}""", TestTree.Reply(result));
        Assert.True(result.Event!.IsCreated);
    }

    [Fact]
    public void Set_ExistingKey_ShowsWhatWasAndBeginsANewLife()
    {
        _tree.Set("/a", "1");

        V2Result result = _tree.Set("/a", "2");

        Assert.Equal(
            """{"action":"set","node":{"key":"/a","value":"2","modifiedIndex":2,"createdIndex":2},"prevNode":{"key":"/a","value":"1","modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(result));
        Assert.False(result.Event!.IsCreated);
    }

    [Fact]
    public void Set_BelowNothing_MakesTheDirectories()
    {
        _tree.Set("/a/b/c", "1");

        Assert.Equal(
            """{"action":"get","node":{"key":"/a","dir":true,"nodes":[{"key":"/a/b","dir":true,"nodes":[{"key":"/a/b/c","value":"1","modifiedIndex":1,"createdIndex":1}],"modifiedIndex":1,"createdIndex":1}],"modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Get("/a", recursive: true)));
    }

    [Fact]
    public void Set_BelowAFile_IsRefused()
    {
        _tree.Set("/a", "1");

        Assert.Equal("""{"errorCode":104,"message":"Not a directory","cause":"/a","index":1}""", TestTree.Reply(_tree.Set("/a/b", "1")));
    }

    [Fact]
    public void Set_OverADirectory_IsRefused()
    {
        _tree.MakeDirectory("/d");

        Assert.Equal("""{"errorCode":102,"message":"Not a file","cause":"/d","index":1}""", TestTree.Reply(_tree.Set("/d", "1")));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/../1")]
    public void Set_Root_IsRefused(string path) =>
        Assert.Equal("""{"errorCode":107,"message":"Root is read only","cause":"/","index":0}""", TestTree.Reply(_tree.Set(path, "1")));

    [Fact]
    public void Create_ExistingKey_IsRefused()
    {
        _tree.Create("/a", "1");

        Assert.Equal("""{"errorCode":105,"message":"Key already exists","cause":"/a","index":1}""", TestTree.Reply(_tree.Create("/a", "2")));
    }

    [Fact]
    public void CreateInOrder_NamesAreIndexes()
    {
        _tree.Post("/queue", "a");

        Assert.Equal(
            """{"action":"create","node":{"key":"/queue/00000000000000000002","value":"b","modifiedIndex":2,"createdIndex":2}}""",
            TestTree.Reply(_tree.Post("/queue", "b")));
    }

    [Fact]
    public void Update_File_KeepsItsCreatedIndex()
    {
        _tree.Set("/a", "1");

        Assert.Equal(
            """{"action":"update","node":{"key":"/a","value":"2","modifiedIndex":2,"createdIndex":1},"prevNode":{"key":"/a","value":"1","modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Update("/a", "2")));
    }

    // The event shows the new index, the directory keeps the old one: so it is in etcd.
    [Fact]
    public void Update_Directory_ChangesItsLifeAlone()
    {
        _tree.MakeDirectory("/d");

        Assert.Equal(
            """{"action":"update","node":{"key":"/d","dir":true,"expiration":"2030-01-01T00:00:05Z","ttl":5,"modifiedIndex":2,"createdIndex":1},"prevNode":{"key":"/d","dir":true,"modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Update("/d", "", ttlSeconds: 5)));
        Assert.Equal(1UL, _tree.Get("/d").Event!.Node.ModifiedIndex);
        Assert.Equal(V2ErrorCode.NotFile, _tree.Update("/d", "x").Error!.Code);
    }

    [Fact]
    public void Update_Nothing_IsRefused() =>
        Assert.Equal("""{"errorCode":100,"message":"Key not found","cause":"/a","index":0}""", TestTree.Reply(_tree.Update("/a", "1")));

    [Theory]
    [InlineData("x", 0, "[x != 1]")]
    [InlineData("", 9, "[9 != 1]")]
    [InlineData("1", 9, "[9 != 1]")]
    [InlineData("x", 9, "[x != 1] [9 != 1]")]
    public void CompareAndSwap_NotAsExpected_SaysWhatIsThere(string prevValue, ulong prevIndex, string cause)
    {
        _tree.Set("/a", "1");

        Assert.Equal(new V2Error(V2ErrorCode.CompareFailed, cause, 1), _tree.Swap("/a", prevValue, prevIndex, "2").Error);
        Assert.Equal(new V2Error(V2ErrorCode.CompareFailed, cause, 1), _tree.CompareAndDelete("/a", prevValue, prevIndex).Error);
        Assert.Equal("1", _tree.Get("/a").Event!.Node.Value);
    }

    [Fact]
    public void CompareAndSwap_AsExpected_Writes()
    {
        _tree.Set("/a", "1");

        Assert.Equal(
            """{"action":"compareAndSwap","node":{"key":"/a","value":"2","modifiedIndex":2,"createdIndex":1},"prevNode":{"key":"/a","value":"1","modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Swap("/a", "1", 1, "2")));
    }

    [Fact]
    public void CompareAndDelete_AsExpected_Deletes()
    {
        _tree.Set("/a", "1");

        Assert.Equal(
            """{"action":"compareAndDelete","node":{"key":"/a","modifiedIndex":2,"createdIndex":1},"prevNode":{"key":"/a","value":"1","modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.CompareAndDelete("/a", "1", 0)));
    }

    [Fact]
    public void Compare_Directory_IsRefused()
    {
        _tree.MakeDirectory("/d");

        Assert.Equal(V2ErrorCode.NotFile, _tree.Swap("/d", "1", 0, "2").Error!.Code);
        Assert.Equal(V2ErrorCode.NotFile, _tree.CompareAndDelete("/d", "1", 0).Error!.Code);
    }

    [Fact]
    public void Delete_Directory_WantsToBeAskedFor()
    {
        _tree.Set("/d/a", "1");

        Assert.Equal("""{"errorCode":102,"message":"Not a file","cause":"/d","index":1}""", TestTree.Reply(_tree.Delete("/d")));
        Assert.Equal("""{"errorCode":108,"message":"Directory not empty","cause":"/d","index":1}""", TestTree.Reply(_tree.Delete("/d", isDirectory: true)));
        Assert.Equal(
            """{"action":"delete","node":{"key":"/d","dir":true,"modifiedIndex":2,"createdIndex":1},"prevNode":{"key":"/d","dir":true,"modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Delete("/d", recursive: true)));
        Assert.Equal(V2ErrorCode.KeyNotFound, _tree.Get("/d/a").Error!.Code);
    }

    [Fact]
    public void Refusals_TakeNoIndex()
    {
        _tree.Set("/a", "1");
        _tree.Create("/a", "2");
        _tree.Delete("/b");
        _tree.Swap("/a", "x", 0, "2");

        Assert.Equal(1UL, _tree.Index);
    }

    [Fact]
    public void Get_Directory_ListsWhatIsNotHidden()
    {
        _tree.Set("/d/_secret", "1");
        _tree.Set("/d/b", "2");
        _tree.Set("/d/a", "3");

        Assert.Equal(
            """{"action":"get","node":{"key":"/d","dir":true,"nodes":[{"key":"/d/a","value":"3","modifiedIndex":3,"createdIndex":3},{"key":"/d/b","value":"2","modifiedIndex":2,"createdIndex":2}],"modifiedIndex":1,"createdIndex":1}}""",
            TestTree.Reply(_tree.Get("/d", recursive: true)));
        Assert.Equal("1", _tree.Get("/d/_secret").Event!.Node.Value);
    }

    [Fact]
    public void Get_Root_HasNoKey()
    {
        _tree.MakeDirectory("/empty");

        Assert.Equal(
            """{"action":"get","node":{"dir":true,"nodes":[{"key":"/empty","dir":true,"modifiedIndex":1,"createdIndex":1}]}}""",
            TestTree.Reply(_tree.Get("/")));
    }

    // A client chooses how deep its keys go; a stack that grows with them would end the whole member.
    [Fact]
    public void Tree_VeryDeepKey_IsWrittenListedDumpedAndDeleted()
    {
        string deep = string.Concat(Enumerable.Repeat("/d", 4_000));
        _tree.Set(deep, "1", ttlSeconds: 10);

        string listing = TestTree.Reply(_tree.Get("/", recursive: true));
        var copy = new TestTree();
        copy.Store.Recover(_tree.Store.TakeDump().ToJson());

        Assert.Contains("\"value\":\"1\"", listing, StringComparison.Ordinal);
        Assert.Equal(_tree.Dump(), copy.Dump());
        Assert.NotNull(copy.Delete("/d", recursive: true).Event);
        Assert.False(copy.Store.HasExpiringNodes);
    }
}
