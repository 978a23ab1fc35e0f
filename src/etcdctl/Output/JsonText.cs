using System.Globalization;
using System.Text;
using Etcdctl.Text;
using Google.Protobuf;

namespace Etcdctl.Output;

/// <summary>Writes one JSON value in the way of Go's encoder: no blanks, HTML characters escaped, bytes as base64.</summary>
/// <remarks>By hand: the shapes are few and fixed, and a JSON library would cost more at start-up than the whole request.</remarks>
internal sealed class JsonText(OutputWriter output)
{
    private bool _needsComma;

    public void BeginObject() => Open("{");

    public void EndObject() => Close("}");

    public void BeginArray() => Open("[");

    public void EndArray() => Close("]");

    public void Name(string name)
    {
        Separate();
        output.Write("\"" + name + "\":");
        _needsComma = false;
    }

    public void Null() => Raw("null");

    public void Value(bool value) => Raw(value ? "true" : "false");

    public void Value(long value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public void Value(ulong value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public void Value(double value) => Raw(value.ToString("R", CultureInfo.InvariantCulture));

    public void Value(ByteString value) => Raw("\"" + value.ToBase64() + "\"");

    public void Value(string value)
    {
        StringBuilder text = new(value.Length + 2);
        text.Append('"');
        foreach (Rune rune in value.EnumerateRunes())
        {
            Append(text, rune);
        }

        Raw(text.Append('"').ToString());
    }

    /// <summary>A number, left out when zero.</summary>
    public void Optional(string name, long value)
    {
        if (value != 0)
        {
            Name(name);
            Value(value);
        }
    }

    /// <inheritdoc cref="Optional(string, long)"/>
    public void Optional(string name, ulong value)
    {
        if (value != 0)
        {
            Name(name);
            Value(value);
        }
    }

    /// <summary>A truth value, left out when false.</summary>
    public void Optional(string name, bool value)
    {
        if (value)
        {
            Name(name);
            Value(value);
        }
    }

    /// <summary>Text, left out when empty.</summary>
    public void Optional(string name, string value)
    {
        if (value.Length > 0)
        {
            Name(name);
            Value(value);
        }
    }

    /// <summary>Bytes, left out when empty.</summary>
    public void Optional(string name, ByteString value)
    {
        if (!value.IsEmpty)
        {
            Name(name);
            Value(value);
        }
    }

    /// <summary>A list of texts, left out when empty.</summary>
    public void Optional(string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            Name(name);
            Values(values);
        }
    }

    /// <summary>A list of texts.</summary>
    public void Values(IReadOnlyList<string> values)
    {
        BeginArray();
        foreach (string value in values)
        {
            Value(value);
        }

        EndArray();
    }

    /// <summary>Ends the line.</summary>
    public void EndLine()
    {
        output.WriteLine();
        _needsComma = false;
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        switch (rune.Value)
        {
            case '"': text.Append("\\\""); break;
            case '\\': text.Append("\\\\"); break;
            case '\b': text.Append("\\b"); break;
            case '\f': text.Append("\\f"); break;
            case '\n': text.Append("\\n"); break;
            case '\r': text.Append("\\r"); break;
            case '\t': text.Append("\\t"); break;
            case < ' ' or '<' or '>' or '&' or 0x2028 or 0x2029:
                text.Append("\\u").Append(GoNumber.Hex((ulong)rune.Value, 4));
                break;
            default:
                text.Append(rune.ToString());
                break;
        }
    }

    private void Open(string bracket)
    {
        Separate();
        output.Write(bracket);
        _needsComma = false;
    }

    private void Close(string bracket)
    {
        output.Write(bracket);
        _needsComma = true;
    }

    private void Raw(string text)
    {
        Separate();
        output.Write(text);
        _needsComma = true;
    }

    private void Separate()
    {
        if (_needsComma)
        {
            output.Write(","u8);
        }
    }
}
