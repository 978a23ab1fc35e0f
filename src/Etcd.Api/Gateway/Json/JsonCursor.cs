using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Etcd.Api.Gateway.Json;

/// <summary>Walks over a JSON value that <see cref="JsonScanner"/> has found well formed, so that it need not look at the form again.</summary>
internal ref struct JsonCursor(ReadOnlySpan<byte> json)
{
    private static readonly SearchValues<byte> WordEnds = SearchValues.Create(",}] \t\r\n"u8);

    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;

    /// <summary>Where the cursor stands, in bytes from the start of the value.</summary>
    internal readonly int Position => _at;

    /// <summary>First byte of the next token, which tells its kind.</summary>
    internal byte Peek()
    {
        while (_json[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }

        return _json[_at];
    }

    /// <summary>Takes the next token if it is this one byte.</summary>
    internal bool TryTake(byte token)
    {
        if (Peek() != token)
        {
            return false;
        }

        _at++;
        return true;
    }

    /// <summary>Takes a number, <c>true</c>, <c>false</c> or <c>null</c>, as it stands.</summary>
    internal ReadOnlySpan<byte> TakeWord()
    {
        Peek();
        ReadOnlySpan<byte> rest = _json[_at..];
        int length = rest.IndexOfAny(WordEnds);
        ReadOnlySpan<byte> word = length < 0 ? rest : rest[..length];
        _at += word.Length;
        return word;
    }

    /// <summary>Takes a string.</summary>
    /// <returns>Its text, in the JSON itself unless it has escapes.</returns>
    internal ReadOnlySpan<byte> TakeText()
    {
        Peek();
        int quote = _at;
        ReadOnlySpan<byte> rest = _json[(quote + 1)..];
        int length = 0;
        bool isPlain = true;
        while (true)
        {
            length += rest[length..].IndexOfAny((byte)'"', (byte)'\\');
            if (rest[length] == '"')
            {
                break;
            }

            isPlain = false;
            length += 2;
        }

        ReadOnlySpan<byte> text = rest[..length];
        _at = quote + length + 2;
        if (!Utf8.IsValid(text))
        {
            throw SyntaxFault(quote, "invalid UTF-8 in string");
        }

        return isPlain ? text : Unescape(text, quote);
    }

    /// <summary>Passes over a value whatever it is.</summary>
    internal void Skip()
    {
        int depth = 0;
        do
        {
            switch (Peek())
            {
                case (byte)'"':
                    TakeText();
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    _at++;
                    break;
                case (byte)'}' or (byte)']':
                    depth--;
                    _at++;
                    break;
                case (byte)',' or (byte)':':
                    _at++;
                    break;
                default:
                    TakeWord();
                    break;
            }
        }
        while (depth > 0);
    }

    /// <summary>The token at a position, as it stands.</summary>
    internal readonly string TokenAt(int position)
    {
        var token = new JsonCursor(_json) { _at = position };
        switch (token.Peek())
        {
            case (byte)'{' or (byte)'[' or (byte)'}' or (byte)']':
                return ((char)_json[position]).ToString();
            case (byte)'"':
                token.TakeText();
                break;
            default:
                token.TakeWord();
                break;
        }

        return Encoding.UTF8.GetString(_json[position..token._at]);
    }

    /// <summary>The error for a token that cannot stand where it does.</summary>
    internal readonly JsonFaultException Unexpected(int position) => SyntaxFault(position, $"unexpected token {TokenAt(position)}");

    /// <summary>An error with its place. The space after the first colon is one that does not break, as in etcd.</summary>
    internal readonly JsonFaultException Fault(int position, string what) => new($"proto:\u00a0({Place(position)}): {what}");

    private readonly JsonFaultException SyntaxFault(int position, string what) =>
        new($"proto:\u00a0syntax error ({Place(position)}): {what}");

    private readonly string Place(int position)
    {
        ReadOnlySpan<byte> before = _json[..position];
        int line = before.Count((byte)'\n') + 1;
        int column = Encoding.UTF8.GetString(before[(before.LastIndexOf((byte)'\n') + 1)..]).EnumerateRunes().Count() + 1;
        return string.Create(CultureInfo.InvariantCulture, $"line {line}:{column}");
    }

    private readonly ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text, int quote)
    {
        var plain = new ArrayBufferWriter<byte>(text.Length);
        while (!text.IsEmpty)
        {
            int escape = text.IndexOf((byte)'\\');
            if (escape < 0)
            {
                plain.Write(text);
                break;
            }

            plain.Write(text[..escape]);
            text = text[escape..];
            int length = 2;
            Rune rune = text[1] switch
            {
                (byte)'b' => new Rune('\b'),
                (byte)'f' => new Rune('\f'),
                (byte)'n' => new Rune('\n'),
                (byte)'r' => new Rune('\r'),
                (byte)'t' => new Rune('\t'),
                (byte)'u' => CodePoint(text, quote, out length),
                _ => new Rune(text[1]),
            };
            plain.Advance(rune.EncodeToUtf8(plain.GetSpan(4)));
            text = text[length..];
        }

        return plain.WrittenSpan;
    }

    private readonly Rune CodePoint(ReadOnlySpan<byte> text, int quote, out int length)
    {
        length = 6;
        char first = CodeUnit(text);
        if (!char.IsSurrogate(first))
        {
            return new Rune(first);
        }

        if (text.Length >= 12 && text[6] == '\\' && text[7] == 'u' && Rune.TryCreate(first, CodeUnit(text[6..]), out Rune pair))
        {
            length = 12;
            return pair;
        }

        string shown = Encoding.ASCII.GetString(text[1..6]);
        throw SyntaxFault(quote, $"invalid escape code \"\\\\{shown}\" in string");
    }

    private static char CodeUnit(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
