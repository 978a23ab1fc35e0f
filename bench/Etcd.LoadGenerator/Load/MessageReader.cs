using System.Buffers.Binary;

namespace Etcd.LoadGenerator.Load;

/// <summary>Puts gRPC messages together again from the pieces in which they arrive.</summary>
internal sealed class MessageReader
{
    private const int PrefixBytes = 5;

    private byte[] _kept = new byte[4096];
    private int _keptBytes;

    public delegate void MessageHandler(ReadOnlySpan<byte> message);

    public void Take(ReadOnlySpan<byte> data, MessageHandler handle)
    {
        if (_keptBytes > 0)
        {
            Keep(data);
            int used = TakeWhole(_kept.AsSpan(0, _keptBytes), handle);
            _kept.AsSpan(used, _keptBytes - used).CopyTo(_kept);
            _keptBytes -= used;
            return;
        }

        Keep(data[TakeWhole(data, handle)..]);
    }

    private static int TakeWhole(ReadOnlySpan<byte> data, MessageHandler handle)
    {
        int offset = 0;
        while (data.Length - offset >= PrefixBytes)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(data[(offset + 1)..]);
            if (data.Length - offset - PrefixBytes < length)
            {
                break;
            }

            handle(data.Slice(offset + PrefixBytes, length));
            offset += PrefixBytes + length;
        }

        return offset;
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (_kept.Length - _keptBytes < data.Length)
        {
            Array.Resize(ref _kept, Math.Max(_kept.Length * 2, _keptBytes + data.Length));
        }

        data.CopyTo(_kept.AsSpan(_keptBytes));
        _keptBytes += data.Length;
    }
}
