using System.Text;
using Etcdctl.Text;

namespace Etcdctl.Output;

/// <summary>Buffered bytes to standard output or error.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class OutputWriter(Func<Stream> open) : IDisposable
{
    private const int BufferBytes = 16 * 1024;

    private byte[] _buffer = new byte[1024];
    private Stream? _stream;
    private int _length;

    /// <summary>Writes text as UTF-8; lone surrogates of <see cref="RawText"/> give their bytes.</summary>
    public void Write(string text)
    {
        // Printable text is nearly always ASCII; the general way allocates.
        Span<byte> space = Reserve(text.Length);
        if (Ascii.FromUtf16(text, space, out int written) == System.Buffers.OperationStatus.Done)
        {
            _length += written;
        }
        else
        {
            Write(RawText.Encode(text));
        }
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Writes text and a line feed.</summary>
    public void WriteLine(string text)
    {
        Write(text);
        Write("\n"u8);
    }

    /// <summary>Writes bytes and a line feed.</summary>
    public void WriteLine(ReadOnlySpan<byte> bytes)
    {
        Write(bytes);
        Write("\n"u8);
    }

    /// <summary>Writes a line feed.</summary>
    public void WriteLine() => Write("\n"u8);

    /// <summary>Hands what is buffered to the system.</summary>
    public void Flush()
    {
        if (_length > 0)
        {
            // What a full disk has refused is not tried again: that would hide the first failure behind a second one.
            int length = _length;
            _length = 0;
            _stream ??= open();
            _stream.Write(_buffer, 0, length);
        }
    }

    /// <summary>Flushes.</summary>
    public void Dispose() => Flush();

    private Span<byte> Reserve(int bytes)
    {
        if (_length + bytes > BufferBytes)
        {
            Flush();
        }

        if (_length + bytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        }

        return _buffer.AsSpan(_length);
    }
}
