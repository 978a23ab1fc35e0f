using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Etcd.Hosting.Logging;

/// <summary>One JSON object a line with etcd's field names: <c>level</c>, <c>ts</c>, <c>caller</c>, <c>msg</c>, then the facts.</summary>
internal static class JsonLineFormat
{
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Write(ArrayBufferWriter<byte> destination, in LogLine line)
    {
        using (var writer = new Utf8JsonWriter(destination, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("level"u8, line.LevelName);
            writer.WriteString("ts"u8, line.Stamp.ToString(LogLine.StampFormat, CultureInfo.InvariantCulture));
            writer.WriteString("caller"u8, line.Caller);
            writer.WriteString("msg"u8, line.Message);
            foreach ((string name, object? value) in line.Facts)
            {
                writer.WritePropertyName(name);
                LogValue.Write(writer, value);
            }

            writer.WriteEndObject();
        }

        destination.Write("\n"u8);
    }
}
