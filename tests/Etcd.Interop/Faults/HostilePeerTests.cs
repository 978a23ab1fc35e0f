using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

using Etcd.Interop.Clusters;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Faults;

/// <summary>What is no member's message on the peer port of a running cluster: etcd's answers, and everything goes on.</summary>
public class HostilePeerTests
{
    private const long GrowthBytesMax = 300L << 20;
    private const string Head =
        "Host: x\r\nX-Server-From: abc\r\nX-Server-Version: 3.5.30\r\nX-Min-Cluster-Version: 3.0.0\r\nConnection: close\r\nX-Etcd-Cluster-Id: ";

    [Fact(Timeout = 55_000)]
    public async Task PeerPort_GarbageAndOversizedFrames_AreAnsweredInBoundedMemory()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours);
        ClusterMember leader = await cluster.WaitForLeaderAsync();
        string head = Head + await ClusterIdAsync(leader) + "\r\n";
        ulong id = (await leader.StatusAsync())!.Header.MemberId;
        long before = ResidentBytes(leader);
        byte[] noise = new byte[64 * 1024];
        new Random(1).NextBytes(noise);

        for (int round = 0; round < 20; round++)
        {
            // Neither HTTP nor anything else.
            await SendAsync(leader, noise);
            await SendAsync(leader, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());

            // Ten gigabytes announced, some of them sent.
            await SendAsync(leader, [.. Text($"POST /raft HTTP/1.1\r\n{head}Content-Length: 10737418240\r\n\r\n"), .. noise]);
            await SendAsync(leader, [.. Text($"POST /raft/snapshot HTTP/1.1\r\n{head}Content-Length: 10737418240\r\n\r\n"), 0x7f, .. noise]);
        }

        for (int round = 0; round < 3; round++)
        {
            Assert.StartsWith("HTTP/1.1 400 ", await AskAsync(leader, "POST /raft", head, noise), StringComparison.Ordinal);
            Assert.StartsWith(
                "HTTP/1.1 400 ",
                await AskAsync(leader, "POST /raft/snapshot", head, [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
                StringComparison.Ordinal);
        }

        Assert.StartsWith("HTTP/1.1 500 ", await AskAsync(leader, "POST /raft", head, SnapshotMessageTo(id)), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404 ", await AskAsync(leader, "GET /raft/stream/message/abc", head, []), StringComparison.Ordinal);

        foreach (string message in new[] { "failed to unmarshal Raft message", "failed to decode Raft message", "failed to find remote peer in cluster" })
        {
            Assert.Single(leader.Process.Log.Lines, line => line.Contains(message, StringComparison.Ordinal));
        }

        Assert.InRange(ResidentBytes(leader) - before, long.MinValue, GrowthBytesMax);
        foreach (ClusterMember member in cluster.Members)
        {
            await member.PutAsync($"after/{member.Name}", "value");
        }

        Assert.Same(leader, await cluster.WaitForLeaderAsync());
    }

    // A snapshot message (type 7) in a later term, with nothing behind it: real etcd ends on it.
    private static byte[] SnapshotMessageTo(ulong id)
    {
        List<byte> message = [0x08, 7, 0x10];
        for (; id >= 0x80; id >>= 7)
        {
            message.Add((byte)(id | 0x80));
        }

        message.AddRange([(byte)id, 0x18, 0xbc, 0x15, 0x20, 99]);
        return [.. message];
    }

    private static async Task<string> ClusterIdAsync(ClusterMember member)
    {
        using var http = new HttpClient();
        using HttpResponseMessage answer = await http.GetAsync(new Uri($"{member.PeerUrl}/members"), TestContext.Current.CancellationToken);
        return answer.Headers.GetValues("X-Etcd-Cluster-Id").Single();
    }

    private static async Task SendAsync(ClusterMember member, byte[] bytes)
    {
        using Socket socket = await ConnectAsync(member);
        try
        {
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            // Cut off in the middle, which is as good an answer as any.
        }
    }

    private static async Task<string> AskAsync(ClusterMember member, string what, string head, byte[] body)
    {
        using Socket socket = await ConnectAsync(member);
        await socket.SendAsync(Text($"{what} HTTP/1.1\r\n{head}Content-Length: {body.Length}\r\n\r\n"), TestContext.Current.CancellationToken);
        await socket.SendAsync(body, TestContext.Current.CancellationToken);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
    }

    private static async Task<Socket> ConnectAsync(ClusterMember member)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, member.PeerPort), TestContext.Current.CancellationToken);
        return socket;
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    private static long ResidentBytes(ClusterMember member)
    {
        string line = File.ReadLines($"/proc/{member.Process.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6, line.Length - 8).Trim(), NumberStyles.None, CultureInfo.InvariantCulture) * 1024;
    }
}
