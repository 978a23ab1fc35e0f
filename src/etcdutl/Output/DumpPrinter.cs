using System.Globalization;
using System.Text;
using System.Text.Json;

using Etcd.Server.Offline.Inspection;

namespace Etcdutl.Output;

/// <summary>Prints lines of a dump: for people as words and <c>name=value</c>, for programs as one JSON object a line.</summary>
internal static class DumpPrinter
{
    public static string Text(DumpLine line) => string.Join(' ', line.Facts.Select(fact => $"{fact.Name}={Text(fact.Value)}").Prepend(line.Kind));

    public static string Json(DumpLine line) => JsonText.Write(json =>
    {
        json.WriteString("record", line.Kind);
        foreach ((string name, object value) in line.Facts)
        {
            json.WritePropertyName(name);
            Write(json, value);
        }
    });

    private static string Text(object value) => value switch
    {
        byte[] bytes => Quote(bytes),
        string text => text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '/') ? text : Quote(Encoding.UTF8.GetBytes(text)),
        bool flag => flag ? "true" : "false",
        IEnumerable<string> list => $"[{string.Join(' ', list)}]",
        EmbeddedJson json => json.Text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"no form for a {value.GetType()}", nameof(value)),
    };

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case byte[] bytes:
                json.WriteBase64StringValue(bytes);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case IEnumerable<string> list:
                json.WriteStartArray();
                foreach (string item in list)
                {
                    json.WriteStringValue(item);
                }

                json.WriteEndArray();
                break;
            case EmbeddedJson embedded:
                json.WriteRawValue(embedded.Text);
                break;
            case IFormattable number:
                json.WriteRawValue(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                throw new ArgumentException($"no form for a {value.GetType()}", nameof(value));
        }
    }

    /// <summary>Bytes in quotes, those that are no printable ASCII as <c>\xNN</c>.</summary>
    private static string Quote(byte[] bytes)
    {
        var text = new StringBuilder("\"");
        foreach (byte value in bytes)
        {
            _ = value is >= 0x20 and < 0x7F and not ((byte)'"' or (byte)'\\')
                ? text.Append((char)value)
                : text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }

        return text.Append('"').ToString();
    }
}
