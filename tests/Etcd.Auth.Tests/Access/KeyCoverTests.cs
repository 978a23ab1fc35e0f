using System.Text;

using Etcd.Protocol.Auth;

using FsCheck;
using FsCheck.Fluent;

using Google.Protobuf;

namespace Etcd.Auth.Tests.Access;

/// <summary>Privilege by range boundaries.</summary>
public sealed class KeyCoverTests
{
    private const string Open = "\0";

    [Theory]
    [InlineData("a", "", "a", "", true)]
    [InlineData("a", "", "b", "", false)]
    [InlineData("a", "", "a\0", "", false)]
    [InlineData("a", "", "a", "a\0", true)]
    [InlineData("a", "", "a", "b", false)]
    [InlineData("a", "", "a", Open, false)]
    [InlineData("a", "c", "a", "", true)]
    [InlineData("a", "c", "b\uffff", "", true)]
    [InlineData("a", "c", "c", "", false)]
    [InlineData("a", "c", "a", "c", true)]
    [InlineData("a", "c", "a", "c\0", false)]
    [InlineData("a", "c", "A", "b", false)]
    [InlineData("a", "c", "b", Open, false)]
    [InlineData("b", Open, "b", Open, true)]
    [InlineData("b", Open, "z", "zz", true)]
    [InlineData("b", Open, "a", Open, false)]
    [InlineData("\0", Open, "\0", Open, true)]
    [InlineData("\0", Open, "", "", true)]
    [InlineData("a", "c", "b", "a", true)]
    [InlineData("a", "c", "d", "a", false)]
    public void Holds_OnePermission_CoversExactlyItsKeys(string key, string end, string wanted, string wantedEnd, bool expected) =>
        Assert.Equal(expected, CoverOf((key, end)).Holds(Wanted(wanted, wantedEnd)));

    [Fact]
    public void Holds_AdjacentPermissions_CountAsOne()
    {
        KeyCover cover = CoverOf(("c", "d"), ("a", "b"), ("b", "c"));

        Assert.True(cover.Holds(Wanted("a", "d")));
        Assert.False(cover.Holds(Wanted("a", "d\0")));
    }

    [Fact]
    public void Holds_GapOfOneKey_IsSeen()
    {
        KeyCover cover = CoverOf(("a", "b"), ("b\0", "c"));

        Assert.False(cover.Holds(Wanted("a", "c")));
        Assert.False(cover.Holds(Wanted("b", "")));
    }

    [Fact]
    public void OfPermission_RangeThatEndsBeforeItBegins_GrantsNothing() =>
        Assert.Null(KeySpan.OfPermission(new KeyPermission(Permission.Types.Type.Read, ByteString.CopyFromUtf8("z"), ByteString.CopyFromUtf8("a"))));

    // Against the definition: every key of a small key space is asked one by one.
    [Fact]
    public void Holds_AnyPermissions_AgreesWithAskingKeyByKey()
    {
        Gen<(int Begin, int Length)> range = from begin in Gen.Choose(0, 30) from length in Gen.Choose(0, 12) select (begin, length);
        Gen<((int Begin, int Length)[] Granted, (int Begin, int Length) Wanted)> cases =
            from granted in Gen.ArrayOf(range) from wanted in range select (granted, wanted);

        Prop.ForAll(cases.ToArbitrary(), AgreesWithDefinition).QuickCheckThrowOnFailure();
    }

    private static bool AgreesWithDefinition(((int Begin, int Length)[] Granted, (int Begin, int Length) Wanted) sample)
    {
        (string Key, string End)[] granted = [.. sample.Granted.Select(range => (Name(range.Begin), Name(range.Begin + range.Length + 1)))];
        var keys = new HashSet<int>(sample.Granted.SelectMany(range => Enumerable.Range(range.Begin, range.Length + 1)));
        bool expected = Enumerable.Range(sample.Wanted.Begin, sample.Wanted.Length + 1).All(keys.Contains);

        return CoverOf(granted).Holds(Wanted(Name(sample.Wanted.Begin), Name(sample.Wanted.Begin + sample.Wanted.Length + 1))) == expected;
    }

    // Ranges over numbered keys that have nothing between them: the successor of a key is the next number.
    private static string Name(int number) => new('\0', number + 1);

    private static KeyCover CoverOf(params (string Key, string End)[] permissions) => KeyCover.Of(
        [.. permissions.Select(range => KeySpan.OfPermission(new KeyPermission(
            Permission.Types.Type.Read, ByteString.CopyFromUtf8(range.Key), ByteString.CopyFromUtf8(range.End)))!.Value)]);

    private static KeySpan Wanted(string key, string end) =>
        KeySpan.OfRequest(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(end));
}
