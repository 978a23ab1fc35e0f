using System.Buffers;
using System.IO.Pipelines;
using Etcd.Grpc.Server.Pings;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Tests.Server;

/// <summary>The watch over a connection's frames must follow them however the bytes are cut.</summary>
public sealed class GuardedInputTests
{
    // Found under load: a frame header that arrived in two reads, the first of them consumed, ended the connection.
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(13)]
    [InlineData(4096)]
    public async Task Read_AnyCutOfTheBytes_SeesEveryPing(int cut)
    {
        var input = new Pipe();
        var policy = new PingPolicy(TimeSpan.FromSeconds(5), TimeProvider.System);
        var output = new GuardedOutput(new Pipe().Writer, policy);
        var guard = new GuardedInput(input.Reader, policy, output);
        byte[] bytes = Traffic(pings: 3);
        byte[] last = Traffic(pings: 4)[bytes.Length..];

        await PassAsync(bytes, cut, input.Writer, guard);
        Assert.False(await IsGoodbyePendingAsync(output));
        await PassAsync(last, cut, input.Writer, guard);

        Assert.True(await IsGoodbyePendingAsync(output));
    }

    // Go's client pings with every part of a large reply, to measure its way; it was sent away in the middle of a reply of a megabyte.
    [Theory]
    [InlineData("Data", true)]
    [InlineData("Headers", true)]
    [InlineData("Ping", false)]
    public async Task Write_BetweenThePings_ClearsTheStrikesIfItIsOfAStream(string sent, bool clears)
    {
        var input = new Pipe();
        var policy = new PingPolicy(TimeSpan.FromSeconds(5), TimeProvider.System);
        var output = new GuardedOutput(new Pipe(new PipeOptions(pauseWriterThreshold: 0)).Writer, policy);
        var guard = new GuardedInput(input.Reader, policy, output);
        byte[] frame = ScriptedServer.Frame(Enum.Parse<Http2FrameType>(sent), Http2FrameFlags.Ack, 1, new byte[2000]);
        await PassAsync(Traffic(pings: 0), cut: 4096, input.Writer, guard);

        for (int i = 0; i < 10; i++)
        {
            output.Write(frame.AsSpan(0, 5));
            output.Write(frame.AsSpan(5));
            await PassAsync(ScriptedServer.Frame(Http2FrameType.Ping, Http2FrameFlags.None, 0, new byte[8]), cut: 4096, input.Writer, guard);
        }

        Assert.Equal(clears, !await IsGoodbyePendingAsync(output));
    }

    private static byte[] Traffic(int pings)
    {
        using var buffer = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(buffer, 65_535, 65_536, 65_536);
        byte[] traffic = buffer.WrittenSpan.ToArray();
        for (int i = 0; i < pings; i++)
        {
            // Data that looks like a ping must not count as one.
            byte[] data = ScriptedServer.Frame(Http2FrameType.Data, Http2FrameFlags.None, 1, [0, 0, 8, 6, 0, 0, 0, 0, 0, .. new byte[i * 1000]]);
            traffic = [.. traffic, .. data, .. ScriptedServer.Frame(Http2FrameType.Ping, Http2FrameFlags.None, 0, new byte[8])];
        }

        return traffic;
    }

    private static async Task PassAsync(byte[] bytes, int cut, PipeWriter writer, GuardedInput guard)
    {
        foreach (byte[] part in bytes.Chunk(cut))
        {
            await writer.WriteAsync(part, TestContext.Current.CancellationToken);
            ReadResult result = await guard.ReadAsync(TestContext.Current.CancellationToken);
            guard.AdvanceTo(result.Buffer.End);
        }
    }

    private static async Task<bool> IsGoodbyePendingAsync(GuardedOutput output)
    {
        await output.FlushAsync(TestContext.Current.CancellationToken);
        return output.HasSaidGoodbye;
    }
}
