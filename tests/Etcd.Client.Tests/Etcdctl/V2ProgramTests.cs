using Etcdctl.V2;

namespace Etcd.Client.Tests.Etcdctl;

public sealed class V2ProgramTests
{
    private static readonly string[] InBothGenerations = ["get", "watch", "member", "help", "user", "role", "auth"];

    // The list stands apart from the tree, so that a v3 command starts quickly.
    [Fact]
    public void IsOfV2Alone_EveryCommandOfTheTree_IsKnownUnlessV3HasItToo()
    {
        Assert.All(V2CommandTree.Commands, command =>
            Assert.Equal(!InBothGenerations.Contains(command.Name), V2Program.IsOfV2Alone(command.Name)));
        Assert.False(V2Program.IsOfV2Alone("put"));
    }

    [Fact]
    public void Read_FlagsInAllForms_AreTheSame()
    {
        V2Flag[] flags = [new("ttl", V2FlagKind.Number, "", Default: "0"), new("recursive", V2FlagKind.Switch, "", "r")];

        foreach (string[] line in (string[][])[["--ttl", "5", "-r", "key"], ["key", "-ttl=5", "--recursive=true"], ["-r=1", "key", "--ttl=5"]])
        {
            var read = V2Arguments.Read(line, flags, stopsAtWord: false);

            Assert.Equal(5, read.Number("ttl"));
            Assert.True(read.IsOn("recursive"));
            Assert.Equal(["key"], read.Words);
        }
    }

    [Theory]
    [InlineData("flag provided but not defined: -x", "--x")]
    [InlineData("flag needs an argument: -ttl", "--ttl")]
    [InlineData("invalid value \"a\" for flag -ttl: parse error", "--ttl", "a")]
    [InlineData("invalid boolean value \"a\" for -r: parse error", "-r=a")]
    public void Read_Mistake_HasGosWords(string message, params string[] line)
    {
        V2Flag[] flags = [new("ttl", V2FlagKind.Number, "", Default: "0"), new("recursive", V2FlagKind.Switch, "", "r")];

        Assert.Equal(message, Assert.Throws<FormatException>(() => V2Arguments.Read(line, flags, stopsAtWord: false)).Message);
    }

    [Fact]
    public void Read_AfterTwoDashes_NothingIsAFlag()
    {
        var read = V2Arguments.Read(["key", "--", "-v"], [], stopsAtWord: false);

        Assert.Equal(["key", "-v"], read.Words);
        Assert.Equal(1, read.Separator);
    }
}
