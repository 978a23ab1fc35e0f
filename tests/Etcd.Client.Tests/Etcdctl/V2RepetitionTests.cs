using System.Text;

using Etcd.Client.Tests.Scripted;

using Etcdctl;
using Etcdctl.Output;
using Etcdctl.V2;

namespace Etcd.Client.Tests.Etcdctl;

/// <summary>What commands of the v2 API do at the next member when one has failed.</summary>
public sealed class V2RepetitionTests
{
    // Nobody listens there.
    private const string Closed = "http://127.0.0.1:1";
    private const string Created = """{"action":"create","node":{"key":"/a","value":"1","modifiedIndex":8,"createdIndex":8}}""";

    // Found in a review: what had been carried out was sent again, and refused with 105 (key exists) or 100 (key not found).
    [Theory]
    [InlineData("mk", "/a", "1")]
    [InlineData("mk", "--in-order", "/a", "1")]
    [InlineData("mkdir", "/a")]
    [InlineData("setdir", "/a")]
    [InlineData("rm", "/a")]
    [InlineData("rmdir", "/a")]
    [InlineData("set", "--swap-with-index", "3", "/a", "1")]
    [InlineData("member", "add", "m4", "http://127.0.0.1:4380")]
    [InlineData("user", "remove", "alice")]
    public async Task Change_MemberMayHaveCarriedItOut_IsNotSentAgain(params string[] command)
    {
        await using ScriptedHttpMember first = new ScriptedHttpMember().Answers(503, "");
        await using ScriptedHttpMember second = new ScriptedHttpMember().Answers(201, Created);

        CommandFailedException failure = await Assert.ThrowsAsync<CommandFailedException>(() => RunAsync([first.Url, second.Url], command));

        Assert.EndsWith($"client: etcd member {first.Url} has no leader", failure.Message, StringComparison.Ordinal);
        Assert.Single(first.Requests);
        Assert.Empty(second.Requests);
    }

    [Fact]
    public async Task Change_MemberIsSilent_IsNotSentAgain()
    {
        await using ScriptedHttpMember first = new ScriptedHttpMember().IsSilent();
        await using ScriptedHttpMember second = new ScriptedHttpMember().Answers(201, Created);

        CommandFailedException failure = await Assert.ThrowsAsync<CommandFailedException>(
            () => RunAsync([first.Url, second.Url], ["--timeout=300ms"], ["mk", "/a", "1"]));

        Assert.Equal($"Error:  client: endpoint {first.Url} exceeded header timeout", failure.Message);
        Assert.Empty(second.Requests);
    }

    // The framework itself would send a deletion again when a connection that it has used before ends.
    [Fact]
    public async Task Deletion_ConnectionEndsUnderIt_IsSentOnce()
    {
        await using var member = new ScriptedHttpMember();
        member.Answers(200, $$"""{"members":[{"id":"1","name":"m1","peerURLs":[],"clientURLs":["{{member.Url}}"]}]}""").Breaks().Answers(200, Created);

        await Assert.ThrowsAsync<CommandFailedException>(() => RunSynchronisedAsync(member.Url, "rm", "/a"));

        Assert.Equal(["GET /v2/members", "DELETE /v2/keys/a"], member.Requests);
    }

    [Fact]
    public async Task Change_NobodyListensAtTheFirst_GoesToTheNext()
    {
        await using ScriptedHttpMember second = new ScriptedHttpMember().Answers(201, Created);

        Assert.Equal("1\n", await RunAsync([Closed, second.Url], "mk", "/a", "1"));
    }

    [Theory]
    [InlineData("set", "/a", "1")]
    [InlineData("update", "/a", "1")]
    [InlineData("get", "/a")]
    public async Task Request_SameTheSecondTime_GoesToTheNextMember(params string[] command)
    {
        await using ScriptedHttpMember first = new ScriptedHttpMember().Answers(503, "");
        await using ScriptedHttpMember second = new ScriptedHttpMember().Answers(200, Created);

        Assert.Equal("1\n", await RunAsync([first.Url, second.Url], command));
    }

    // What happened between two waits was missed.
    [Fact]
    public async Task Watch_MemberEndsTheWaitBeforeTheFirstEvent_GoesOnBehindItsIndex()
    {
        await using ScriptedHttpMember member = new ScriptedHttpMember().Answers(200, "", index: 41).Answers(200, Created);

        Assert.Equal("1\n", await RunAsync([member.Url], "watch", "/a"));

        Assert.Equal(
            ["GET /v2/keys/a?recursive=false&wait=true&waitIndex=0", "GET /v2/keys/a?recursive=false&wait=true&waitIndex=42"], member.Requests);
    }

    [Fact]
    public async Task Watch_ConnectionEndsBeforeTheFirstEvent_GoesOnBehindItsIndex()
    {
        await using ScriptedHttpMember member = new ScriptedHttpMember().BreaksAfterHead(index: 41).Answers(200, Created);

        Assert.Equal("1\n", await RunAsync([member.Url], "watch", "/a"));

        Assert.EndsWith("waitIndex=42", member.Requests[1], StringComparison.Ordinal);
    }

    private static Task<string> RunAsync(string[] endpoints, params string[] command) => RunAsync(endpoints, [], command);

    private static Task<string> RunAsync(string[] endpoints, string[] flags, string[] command) =>
        RunProgramAsync(["--no-sync", "--endpoints", string.Join(',', endpoints), .. flags, .. command]);

    private static Task<string> RunSynchronisedAsync(string endpoint, params string[] command) => RunProgramAsync(["--endpoints", endpoint, .. command]);

    private static async Task<string> RunProgramAsync(string[] arguments)
    {
        using var output = new MemoryStream();
        using (var terminal = new Terminal(() => Stream.Null, () => output, () => Stream.Null))
        {
            await V2Program.RunAsync(arguments, terminal);
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
