namespace Etcdctl.Text;

/// <summary>Lines of an input, with their exact bytes.</summary>
internal sealed class InputLines(Stream input)
{
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>The next line without its line feed; <see langword="null"/> when the input ends before one.</summary>
    public string? Next() => Next(out bool isWhole) is { } line && isWhole ? line : null;

    /// <summary>The next line without its line feed, or what is left where the input ends before one; <see langword="null"/> at its end.</summary>
    public string? NextOrRest() => Next(out bool isWhole) is { } line && (isWhole || line.Length > 0) ? line : null;

    private string? Next(out bool isWhole)
    {
        isWhole = true;
        List<byte> line = [];
        while (true)
        {
            ReadOnlySpan<byte> buffered = _buffer.AsSpan(_start.._end);
            int length = buffered.IndexOf((byte)'\n');
            line.AddRange(length < 0 ? buffered : buffered[..length]);
            if (length >= 0)
            {
                _start += length + 1;
                return RawText.Decode([.. line]);
            }

            _start = 0;
            _end = input.Read(_buffer);
            if (_end == 0)
            {
                isWhole = false;
                return RawText.Decode([.. line]);
            }
        }
    }
}
