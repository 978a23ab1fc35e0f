using System.Buffers.Binary;
using System.Net;

using Etcd.Discovery.Dns;

using static Etcd.Hosting.Tests.Discovery.ScriptedNameServer;

namespace Etcd.Hosting.Tests.Discovery;

public class SrvResolverTests
{
    private const string Name = "_etcd-server._tcp.example";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolve_AnswersToOtherQuestions_AreNotRead()
    {
        await using var server = new ScriptedNameServer(question =>
        {
            byte[] otherId = AnswerTo(question, 1);
            otherId[0] ^= 0xff;
            byte[] otherName = AnswerTo(question, 2);
            otherName[13] ^= 0x01;
            byte[] noAnswer = AnswerTo(question, 3);
            noAnswer[2] &= 0x7f;
            return [[], [1, 2, 3], otherId, otherName, noAnswer, AnswerTo(question, 4)];
        });

        Assert.Equal([4], await PortsAsync(Patience, server.EndPoint));
    }

    [Fact]
    public async Task Resolve_TruncatedAnswer_IsAskedForOverTcp()
    {
        await using var server = new ScriptedNameServer(Truncated, question => Framed(AnswerTo(question, 7, 8)));

        Assert.Equal([7, 8], await PortsAsync(Patience, server.EndPoint));
    }

    [Fact]
    public async Task Resolve_TcpAnswerCutShort_IsAnError()
    {
        await using var server = new ScriptedNameServer(Truncated, question => Framed(AnswerTo(question, 7))[..^5]);

        IOException failure = await Assert.ThrowsAsync<IOException>(() => PortsAsync(Patience, server.EndPoint));

        Assert.StartsWith($"lookup {Name} on {server.EndPoint}: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_SilentServer_IsGivenUpAndTheNextAsked()
    {
        await using var silent = new ScriptedNameServer(_ => []);
        await using var server = new ScriptedNameServer(question => [AnswerTo(question, 5)]);

        Assert.Equal([5], await PortsAsync(TimeSpan.FromMilliseconds(200), silent.EndPoint, server.EndPoint));
        Assert.Equal(1, silent.Questions);
    }

    [Fact]
    public async Task Resolve_NobodyAnswers_EndsAfterTheAttempts()
    {
        await using var silent = new ScriptedNameServer(_ => []);

        IOException failure = await Assert.ThrowsAsync<IOException>(() => PortsAsync(TimeSpan.FromMilliseconds(50), silent.EndPoint));

        Assert.Equal($"lookup {Name} on {silent.EndPoint}: i/o timeout", failure.Message);
        Assert.Equal(2, silent.Questions);
    }

    [Fact]
    public async Task Resolve_NameDenied_IsNotAskedForAgain()
    {
        await using var server = new ScriptedNameServer(question =>
        {
            byte[] denial = AnswerTo(question);
            denial[3] |= 3;
            return [denial];
        });

        IOException failure = await Assert.ThrowsAnyAsync<IOException>(() => PortsAsync(Patience, server.EndPoint));

        Assert.Equal($"lookup {Name} on {server.EndPoint}: no such host", failure.Message);
        Assert.Equal(1, server.Questions);
    }

    [Fact]
    public void ResolverFile_ServersWithAndWithoutPorts_AreRead()
    {
        var file = ResolverFile.Parse(
            ["# comment", "search a b", "nameserver 10.0.0.1", "nameserver [::1]:5353", "nameserver none", "options ndots:5 timeout:1 attempts:9"]);

        Assert.Equal([IPEndPoint.Parse("10.0.0.1:53"), IPEndPoint.Parse("[::1]:5353")], file.Servers);
        Assert.Equal((TimeSpan.FromSeconds(1), 5), (file.Timeout, file.Attempts));
    }

    private static async Task<IEnumerable<int>> PortsAsync(TimeSpan timeout, params IPEndPoint[] servers)
    {
        var resolver = new SrvResolver(new ResolverFile(servers, timeout, Attempts: 2));
        return (await resolver.ResolveAsync(Name, Cancellation)).Select(record => record.Port);
    }

    private static IEnumerable<byte[]> Truncated(byte[] question)
    {
        byte[] answer = AnswerTo(question);
        answer[2] |= 0x02;
        return [answer];
    }

    private static byte[] Framed(byte[] message)
    {
        byte[] framed = [0, 0, .. message];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        return framed;
    }
}
