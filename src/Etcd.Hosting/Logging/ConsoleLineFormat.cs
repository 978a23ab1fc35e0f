using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Etcd.Hosting.Logging;

/// <summary>A line for people, as etcd's <c>--log-format=console</c>: time, level, caller and message between tabs, then the facts as JSON.</summary>
internal static class ConsoleLineFormat
{
    internal static void Write(ArrayBufferWriter<byte> destination, in LogLine line)
    {
        string stamp = line.Stamp.ToString(LogLine.StampFormat, CultureInfo.InvariantCulture);
        Text(destination, $"{stamp}\t{line.LevelName}\t{line.Caller}\t{OneLine(line.Message)}");
        string opening = "\t{";
        foreach ((string name, object? value) in line.Facts)
        {
            Text(destination, opening);
            Json(destination, writer => writer.WriteStringValue(name));
            Text(destination, ": ");
            Json(destination, writer => LogValue.Write(writer, value));
            opening = ", ";
        }

        Text(destination, line.Facts.Count > 0 ? "}\n" : "\n");
    }

    // 2020 audit, log injection: a message must not be able to begin a line of its own.
    private static string OneLine(string message) => message.ReplaceLineEndings("\\n");

    private static void Text(ArrayBufferWriter<byte> destination, string text) => Encoding.UTF8.GetBytes(text, destination);

    private static void Json(ArrayBufferWriter<byte> destination, Action<Utf8JsonWriter> write)
    {
        using var writer = new Utf8JsonWriter(destination, JsonLineFormat.WriterOptions);
        write(writer);
    }
}
