using System.Globalization;
using System.Text;
using Etcd.Grpc.Transport.Http2.Hpack;
using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Server.Http2;

/// <summary>The headers that open a stream, as they came; strings are made of those that somebody asks for. Reused from stream to stream.</summary>
/// <remarks>Source of the rules: RFC 9113, sections 8.2 and 8.3.</remarks>
internal sealed class RequestHead : IHeaderSink, IDisposable
{
    private const int HeadersMax = 200;
    private const int PathCharsMax = 256;
    private const string Post = "POST";

    private readonly PooledBuffer _text = new();
    private readonly List<Header> _headers = [];
    private Pseudo _seen;
    private int _listBytes;
    private Range _path;

    [Flags]
    private enum Pseudo
    {
        None = 0,
        Method = 1,
        Scheme = 2,
        Path = 4,
        Authority = 8,
        Needed = Method | Scheme | Path,
    }

    /// <summary>Whether the request breaks a rule, so that its stream is to be reset.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Whether there are more headers than the server takes.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>The request's method.</summary>
    public string Method { get; private set; } = string.Empty;

    /// <summary>Length of the body as announced; -1 when it was not.</summary>
    public long ContentLength { get; private set; } = -1;

    /// <summary>Forgets the request before.</summary>
    public void Begin()
    {
        _text.Clear();
        _headers.Clear();
        _seen = Pseudo.None;
        _listBytes = 0;
        IsMalformed = false;
        IsTooLarge = false;
        Method = string.Empty;
        ContentLength = -1;
    }

    /// <summary>All headers are there: what is missing makes the request malformed.</summary>
    public void End() => IsMalformed |= (_seen & Pseudo.Needed) != Pseudo.Needed;

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // A small block can name large entries of the table many times over: what counts is the decoded size.
        _listBytes += name.Length + value.Length + HpackEntry.OverheadBytes;
        if (_listBytes > ServerLimits.HeaderListBytesMax || _headers.Count == HeadersMax)
        {
            IsTooLarge = true;
            return;
        }

        if (name.Length > 0 && name[0] == (byte)':')
        {
            AddPseudo(name, value);
        }
        else
        {
            AddRegular(name, value);
        }
    }

    /// <summary>The method called, when the table has it.</summary>
    public RpcServerMethod? Find(RpcServiceTable table)
    {
        ReadOnlySpan<byte> path = _text.WrittenSpan[_path];
        Span<char> text = stackalloc char[PathCharsMax];
        if (path.Length > PathCharsMax)
        {
            return null;
        }

        Encoding.Latin1.GetChars(path, text);
        return table.Find(text[..path.Length]);
    }

    /// <summary>Path of the request.</summary>
    public string Path() => Encoding.Latin1.GetString(_text.WrittenSpan[_path]);

    /// <summary>First value of a header.</summary>
    /// <param name="name">Lower-case name.</param>
    /// <returns>The value, or <see langword="null"/> when there is none.</returns>
    public string? Get(string name)
    {
        ReadOnlySpan<byte> text = _text.WrittenSpan;
        foreach (Header header in _headers)
        {
            if (header.NameBytes == name.Length && Ascii.Equals(text.Slice(header.Start, header.NameBytes), name))
            {
                return Text(text.Slice(header.Start + header.NameBytes, header.ValueBytes));
            }
        }

        return null;
    }

    /// <summary>Adds the application's own headers to <paramref name="destination"/>.</summary>
    public void CopyTo(RpcMetadata destination)
    {
        ReadOnlySpan<byte> text = _text.WrittenSpan;
        foreach (Header header in _headers)
        {
            string name = Encoding.Latin1.GetString(text.Slice(header.Start, header.NameBytes));
            if (!RpcHeaderNames.IsProtocol(name))
            {
                destination.AddReceived(name, Text(text.Slice(header.Start + header.NameBytes, header.ValueBytes)));
            }
        }
    }

    public void Dispose() => _text.Dispose();

    // What nearly every request carries is no new string.
    private static string Text(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("application/grpc"u8) ? RpcHeaderNames.ContentTypeValue
        : value.SequenceEqual("identity"u8) ? RpcHeaderNames.Identity
        : value.SequenceEqual("gzip"u8) ? RpcHeaderNames.Gzip
        : value.SequenceEqual("true"u8) ? "true"
        : Encoding.Latin1.GetString(value);

    private void AddPseudo(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Pseudo which = name.SequenceEqual(":method"u8) ? Pseudo.Method
            : name.SequenceEqual(":path"u8) ? Pseudo.Path
            : name.SequenceEqual(":scheme"u8) ? Pseudo.Scheme
            : name.SequenceEqual(":authority"u8) ? Pseudo.Authority
            : Pseudo.None;
        IsMalformed |= which == Pseudo.None || (_seen & which) != 0 || _headers.Count > 0 || !IsValue(value);
        _seen |= which;
        if (which == Pseudo.Method)
        {
            Method = value.SequenceEqual("POST"u8) ? Post : Encoding.Latin1.GetString(value);
            IsMalformed |= value.IsEmpty;
        }
        else if (which == Pseudo.Path)
        {
            IsMalformed |= value.IsEmpty;
            _path = Append(value);
        }
    }

    private void AddRegular(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        IsMalformed |= !IsName(name) || !IsValue(value) || IsOfTheConnection(name)
            || (name.SequenceEqual("te"u8) && !value.SequenceEqual("trailers"u8));
        if (name.SequenceEqual("content-length"u8))
        {
            bool isNumber = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long length);
            IsMalformed |= !isNumber || (ContentLength >= 0 && ContentLength != length);
            ContentLength = length;
        }

        int start = Append(name).Start.Value;
        Append(value);
        _headers.Add(new Header(start, name.Length, value.Length));
    }

    private Range Append(ReadOnlySpan<byte> bytes)
    {
        int start = _text.Count;
        bytes.CopyTo(_text.GetSpan(bytes.Length));
        _text.Advance(bytes.Length);
        return start.._text.Count;
    }

    private static bool IsName(ReadOnlySpan<byte> name) =>
        !name.IsEmpty && !name.ContainsAnyInRange((byte)0, (byte)' ') && !name.ContainsAnyInRange((byte)'A', (byte)'Z')
        && !name.ContainsAnyInRange((byte)0x7F, (byte)0xFF) && !name.Contains((byte)':');

    private static bool IsValue(ReadOnlySpan<byte> value) =>
        !value.ContainsAny((byte)0, (byte)'\r', (byte)'\n')
        && (value.IsEmpty || (value[0] is not ((byte)' ' or (byte)'\t') && value[^1] is not ((byte)' ' or (byte)'\t')));

    private static bool IsOfTheConnection(ReadOnlySpan<byte> name) => name.Length switch
    {
        7 => name.SequenceEqual("upgrade"u8),
        10 => name.SequenceEqual("connection"u8) || name.SequenceEqual("keep-alive"u8),
        16 => name.SequenceEqual("proxy-connection"u8),
        17 => name.SequenceEqual("transfer-encoding"u8),
        _ => false,
    };

    private readonly record struct Header(int Start, int NameBytes, int ValueBytes);
}
