using System.Buffers.Binary;

using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Codecs;

/// <summary>Reads the append stream (msgappv2). A frame of entries is taken entry by entry as it arrives, so that a large one needs neither to be
/// in one piece nor to be looked through again.</summary>
/// <param name="self">Who reads: short frames name no receiver.</param>
/// <param name="peer">Who writes: short frames name no sender.</param>
internal sealed class AppendDecoder(ulong self, ulong peer) : IStreamDecoder
{
    /// <summary>Entries for which memory is taken on the sender's word alone.</summary>
    private const int TrustedEntriesMax = 1024;

    private AppendPosition _position;
    private AppendPosition _frameStart;
    private Entry[]? _entries;
    private int _entriesTaken;
    private ulong _entriesExpected;
    private long _frameBytes;

    /// <inheritdoc />
    public bool TryRead(ReceiveBuffer buffer, out RaftMessage? message)
    {
        message = null;
        if (_entries is not null)
        {
            return TryReadEntries(buffer, out message);
        }

        if (!buffer.Has(1))
        {
            return false;
        }

        var frame = (AppendFrame)buffer.Unread.Span[0];
        switch (frame)
        {
            case AppendFrame.LinkHeartbeat:
                buffer.Consume(1);
                return true;
            case AppendFrame.Entries:
                return TryBeginEntries(buffer) && TryReadEntries(buffer, out message);
            case AppendFrame.Message:
                return TryReadWhole(buffer, out message);
            default:
                throw new PeerFrameException($"append stream: unknown frame type {(byte)frame}");
        }
    }

    private bool TryReadWhole(ReceiveBuffer buffer, out RaftMessage? message)
    {
        if (!MessageDecoder.TryReadMessage(buffer, headBytes: 1, out message))
        {
            return false;
        }

        _position.MoveBehind(message!);
        return true;
    }

    private bool TryBeginEntries(ReceiveBuffer buffer)
    {
        if (!buffer.Has(1 + sizeof(ulong)))
        {
            return false;
        }

        _entriesExpected = BinaryPrimitives.ReadUInt64BigEndian(buffer.Unread.Span[1..]);
        if (_entriesExpected > FrameLimits.MessageBytesMax / sizeof(ulong))
        {
            throw new PeerFrameException($"append stream: {_entriesExpected} entries in one frame cannot be");
        }

        buffer.Consume(1 + sizeof(ulong));
        _frameStart = _position;
        _frameBytes = 0;
        _entriesTaken = 0;
        _entries = _entriesExpected == 0 ? [] : new Entry[Math.Min((int)_entriesExpected, TrustedEntriesMax)];
        return true;
    }

    private bool TryReadEntries(ReceiveBuffer buffer, out RaftMessage? message)
    {
        message = null;
        while ((ulong)_entriesTaken < _entriesExpected)
        {
            if (!TryReadEntry(buffer, out Entry entry))
            {
                return false;
            }

            _position.MoveBehind(entry);
            if (_entriesTaken == _entries!.Length)
            {
                Array.Resize(ref _entries, (int)Math.Min((ulong)_entriesTaken * 2, _entriesExpected));
            }

            _entries[_entriesTaken++] = entry;
        }

        if (!buffer.Has(sizeof(ulong)))
        {
            return false;
        }

        message = new RaftMessage
        {
            Type = MessageType.Append,
            From = peer,
            To = self,
            Term = _frameStart.Term,
            LogTerm = _frameStart.Term,
            Index = _frameStart.Index,
            Entries = _entries,
            Commit = BinaryPrimitives.ReadUInt64BigEndian(buffer.Unread.Span),
        };
        buffer.Consume(sizeof(ulong));
        _entries = null;
        return true;
    }

    private bool TryReadEntry(ReceiveBuffer buffer, out Entry entry)
    {
        entry = default;
        if (!buffer.Has(sizeof(ulong)))
        {
            return false;
        }

        int length = FrameLimits.ReadLength(buffer.Unread, "raft entry");
        if (!buffer.Has(sizeof(ulong) + length))
        {
            return false;
        }

        _frameBytes += sizeof(ulong) + length;
        if (_frameBytes > FrameLimits.MessageBytesMax)
        {
            throw new PeerFrameException($"append stream: a frame of more than {FrameLimits.MessageBytesMax} bytes");
        }

        try
        {
            entry = RaftCodec.ReadEntry(buffer.Unread.Slice(sizeof(ulong), length));
        }
        catch (ProtoFormatException malformed)
        {
            throw new PeerFrameException(malformed.Message, malformed);
        }

        buffer.Consume(sizeof(ulong) + length);
        return true;
    }
}
