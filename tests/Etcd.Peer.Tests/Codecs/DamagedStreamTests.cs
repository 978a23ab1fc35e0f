using Etcd.Peer.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Codecs;

/// <summary>Streams that are cut off or altered on the way: what was whole before the damage arrives, and nothing but the protocol's own error comes
/// of the rest.</summary>
public class DamagedStreamTests
{
    private static readonly RaftMessage[] Messages =
    [
        Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4)),
        Frames.Append(2, 2, 4, 4, Frames.Entry(2, 5, 10), Frames.Entry(2, 6, 300, 3), Frames.Entry(2, 7)),
        Frames.Append(2, 2, 7, 7),
        Frames.Append(3, 2, 7, 9, Frames.Entry(3, 8, 20)),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryRead_CutOffAnywhere_GivesTheMessagesBeforeTheCut(bool isAppendStream)
    {
        byte[] whole = Frames.Encode(Encoder(isAppendStream), Messages);
        for (int length = 0; length < whole.Length; length++)
        {
            List<RaftMessage?> received = Frames.Decode(Decoder(isAppendStream), whole.AsSpan(0, length));

            Assert.True(received.Count < Messages.Length);
            Assert.Equal(Messages.Take(received.Count).Select(Frames.Describe), received.Select(Frames.Describe));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryRead_AnyBitFlipped_IsReadOrRefusedButNothingElse(bool isAppendStream)
    {
        byte[] whole = Frames.Encode(Encoder(isAppendStream), Messages);
        int refused = 0;
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Frames.Decode(Decoder(isAppendStream), damaged);
            }
            catch (PeerFrameException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, whole.Length / 10, whole.Length * 8);
    }

    private static IStreamEncoder Encoder(bool isAppendStream) => isAppendStream ? new AppendEncoder() : new MessageEncoder();

    private static IStreamDecoder Decoder(bool isAppendStream) => isAppendStream ? new AppendDecoder(self: 2, peer: 1) : new MessageDecoder();
}
