using System.Buffers;

namespace Etcd.Api.Gateway.Json;

/// <summary>Finds the end of one JSON value and tells what is wrong with one that has none, in the words of Go's library. It goes on where it stopped, so a
/// body can come in pieces and each byte is looked at once.</summary>
internal sealed class JsonScanner
{
    // Deeper than any message of the protocol that is served, and little memory for a hostile one.
    private const int DepthMax = 1000;

    private static readonly SearchValues<byte> StringEnds =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    private readonly Stack<bool> _open = new();   // whether each open value is an object
    private Step _step = Step.Value;
    private bool _inKey;
    private string _literal = string.Empty;
    private int _matched;
    private int _hexDigits;

    private enum Step
    {
        Value,          // before a value
        ValueOrEnd,     // after [
        Key,            // after , in an object
        KeyOrEnd,       // after {
        Colon,          // after a key
        After,          // after a value inside another
        Text,
        Escape,
        Hex,
        Literal,
        Minus,
        Zero,
        Digits,
        Point,
        Fraction,
        Exponent,
        ExponentSign,
        ExponentDigits,
        Done,
    }

    /// <summary>What is wrong; <see langword="null"/> for nothing so far.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Whether nothing but white space has come.</summary>
    internal bool IsBlank => _step == Step.Value && _open.Count == 0;

    /// <summary>Begins with the next value.</summary>
    internal void Reset()
    {
        _open.Clear();
        _step = Step.Value;
        _inKey = false;
        Fault = null;
    }

    /// <summary>Looks at more bytes.</summary>
    /// <param name="bytes">What follows the bytes looked at before.</param>
    /// <param name="used">Bytes that belong to the value; all of them while it is not complete.</param>
    /// <returns>Whether the value is complete.</returns>
    internal bool TryComplete(ReadOnlySpan<byte> bytes, out int used)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            if (_step == Step.Text)
            {
                int end = bytes[at..].IndexOfAny(StringEnds);
                if (end < 0)
                {
                    break;
                }

                at += end;
            }

            // A number ends before the byte that is no longer part of it.
            if (_step >= Step.Zero && _step != Step.Done && EndsNumber(bytes[at]))
            {
                EndValue();
                if (_step == Step.Done)
                {
                    used = at;
                    return true;
                }
            }

            Take(bytes[at]);
            if (Fault is not null || _step == Step.Done)
            {
                used = at + 1;
                return Fault is null;
            }
        }

        used = bytes.Length;
        return false;
    }

    /// <summary>Tells that no more bytes come. A number at the top is complete then; anything else is cut off.</summary>
    internal bool TryFinish()
    {
        if (_open.Count == 0 && _step is Step.Zero or Step.Digits or Step.Fraction or Step.ExponentDigits)
        {
            _step = Step.Done;
            return true;
        }

        Fault ??= "unexpected EOF";
        return false;
    }

    private bool EndsNumber(byte value) => _step switch
    {
        Step.Zero => value is not ((byte)'.' or (byte)'e' or (byte)'E'),
        Step.Digits => !IsDigit(value) && value is not ((byte)'.' or (byte)'e' or (byte)'E'),
        Step.Fraction => !IsDigit(value) && value is not ((byte)'e' or (byte)'E'),
        Step.ExponentDigits => !IsDigit(value),
        _ => false,
    };

    private void Take(byte value)
    {
        switch (_step)
        {
            case Step.Text:
                TakeInText(value);
                return;
            case Step.Escape:
                _step = value == 'u' ? Step.Hex : Step.Text;
                _hexDigits = 0;
                Expect("\"\\/bfnrtu"u8.Contains(value), value, "in string escape code");
                return;
            case Step.Hex:
                Expect(char.IsAsciiHexDigit((char)value), value, "in \\u hexadecimal character escape");
                _step = ++_hexDigits == 4 ? Step.Text : Step.Hex;
                return;
            case Step.Literal:
                TakeInLiteral(value);
                return;
            case Step.Minus:
                _step = value == '0' ? Step.Zero : Step.Digits;
                Expect(IsDigit(value), value, "in numeric literal");
                return;
            case Step.Zero or Step.Digits:
                _step = value == '.' ? Step.Point : IsDigit(value) ? Step.Digits : Step.Exponent;
                return;
            case Step.Point:
                _step = Step.Fraction;
                Expect(IsDigit(value), value, "after decimal point in numeric literal");
                return;
            case Step.Fraction:
                _step = IsDigit(value) ? Step.Fraction : Step.Exponent;
                return;
            case Step.Exponent when value is (byte)'+' or (byte)'-':
                _step = Step.ExponentSign;
                return;
            case Step.Exponent or Step.ExponentSign:
                _step = Step.ExponentDigits;
                Expect(IsDigit(value), value, "in exponent of numeric literal");
                return;
            case Step.ExponentDigits:
                return;
            default:
                if (value is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                {
                    TakeBetween(value);
                }

                return;
        }
    }

    private void TakeInText(byte value)
    {
        if (value == '\\')
        {
            _step = Step.Escape;
        }
        else if (value != '"')
        {
            Expect(false, value, "in string literal");
        }
        else if (_inKey)
        {
            _inKey = false;
            _step = Step.Colon;
        }
        else
        {
            EndValue();
        }
    }

    private void TakeInLiteral(byte value)
    {
        if (value != _literal[_matched])
        {
            Expect(false, value, $"in literal {_literal} (expecting '{_literal[_matched]}')");
        }
        else if (++_matched == _literal.Length)
        {
            EndValue();
        }
    }

    private void TakeBetween(byte value)
    {
        switch (_step)
        {
            case Step.ValueOrEnd when value == ']':
            case Step.KeyOrEnd when value == '}':
                _open.Pop();
                EndValue();
                return;
            case Step.Value or Step.ValueOrEnd:
                BeginValue(value);
                return;
            case Step.Key or Step.KeyOrEnd:
                Expect(value == '"', value, "looking for beginning of object key string");
                _inKey = true;
                _step = Step.Text;
                return;
            case Step.Colon:
                Expect(value == ':', value, "after object key");
                _step = Step.Value;
                return;
            default:
                TakeAfterValue(value);
                return;
        }
    }

    private void TakeAfterValue(byte value)
    {
        bool inObject = _open.Peek();
        if (value == ',')
        {
            _step = inObject ? Step.Key : Step.Value;
        }
        else if (value == (inObject ? '}' : ']'))
        {
            _open.Pop();
            EndValue();
        }
        else
        {
            Expect(false, value, inObject ? "after object key:value pair" : "after array element");
        }
    }

    private void BeginValue(byte value)
    {
        switch (value)
        {
            case (byte)'{' or (byte)'[':
                _open.Push(value == '{');
                _step = value == '{' ? Step.KeyOrEnd : Step.ValueOrEnd;
                Fault = _open.Count > DepthMax ? "exceeded max depth" : Fault;
                return;
            case (byte)'"':
                _step = Step.Text;
                return;
            case (byte)'-':
                _step = Step.Minus;
                return;
            case (byte)'0':
                _step = Step.Zero;
                return;
            case (byte)'t' or (byte)'f' or (byte)'n':
                _literal = value == 't' ? "true" : value == 'f' ? "false" : "null";
                _matched = 1;
                _step = Step.Literal;
                return;
            default:
                Expect(IsDigit(value), value, "looking for beginning of value");
                _step = Step.Digits;
                return;
        }
    }

    private void EndValue() => _step = _open.Count == 0 ? Step.Done : Step.After;

    private void Expect(bool holds, byte found, string where)
    {
        if (!holds)
        {
            Fault = $"invalid character {Quote(found)} {where}";
        }
    }

    // As Go quotes a byte it takes for a character.
    private static string Quote(byte value) => value switch
    {
        (byte)'\'' => @"'\''",
        (byte)'"' => "'\"'",
        (byte)'\\' => @"'\\'",
        7 => @"'\a'",
        8 => @"'\b'",
        9 => @"'\t'",
        10 => @"'\n'",
        11 => @"'\v'",
        12 => @"'\f'",
        13 => @"'\r'",
        < 0x20 or 0x7f => $@"'\x{value:x2}'",
        < 0x7f => $"'{(char)value}'",
        < 0xa1 or 0xad => $@"'\u{(int)value:x4}'",
        _ => $"'{(char)value}'",
    };

    private static bool IsDigit(byte value) => (uint)(value - '0') < 10;
}
