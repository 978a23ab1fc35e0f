using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Pings;

/// <summary>Follows the frames in one direction of a connection by their headers, however the bytes are cut.</summary>
/// <param name="prefaceBytes">Bytes before the first frame.</param>
internal sealed class FrameScanner(int prefaceBytes)
{
    // A cut may fall inside a frame header too: what was seen of one is kept here.
    private readonly byte[] _header = new byte[Http2FrameHeader.SizeBytes];
    private int _headerCount;
    private int _skip = prefaceBytes;

    /// <summary>Moves on to the next frame header.</summary>
    /// <param name="bytes">What has come; what is left of it afterwards.</param>
    /// <param name="frame">The header.</param>
    /// <returns><see langword="false"/> when there is none in the bytes; they have been taken in then.</returns>
    public bool TryNext(ref ReadOnlySpan<byte> bytes, out Http2FrameHeader frame)
    {
        while (!bytes.IsEmpty)
        {
            int skipped = Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];

            int taken = Math.Min(Http2FrameHeader.SizeBytes - _headerCount, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_headerCount));
            _headerCount += taken;
            bytes = bytes[taken..];
            if (_headerCount == Http2FrameHeader.SizeBytes)
            {
                _headerCount = 0;
                frame = Http2FrameHeader.Read(_header);
                _skip = frame.Length;
                return true;
            }
        }

        frame = default;
        return false;
    }
}
