using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Logging;

/// <summary>The logger of one component.</summary>
internal sealed class JsonLineLogger : ILogger
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _component;
    private readonly LogSink _sink;
    private readonly LogLevel _minimum;
    private readonly TimeProvider _time;

    internal JsonLineLogger(string category, LogSink sink, LogLevel minimum, TimeProvider time)
    {
        _component = FieldNames.Component(category);
        _sink = sink;
        _minimum = minimum;
        _time = time;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _minimum && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var line = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(line, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("level"u8, LevelName(logLevel));
            writer.WriteString("ts"u8, _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("caller"u8, eventId.Name is null ? _component : $"{_component}:{eventId.Name}");
            writer.WriteString("msg"u8, formatter(state, null));
            WriteFacts(writer, state);
            if (exception is not null)
            {
                writer.WriteString("error"u8, exception.Message);
            }

            writer.WriteEndObject();
        }

        line.Write("\n"u8);
        _sink.Write(line.WrittenSpan);
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static void WriteFacts<TState>(Utf8JsonWriter writer, TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> facts)
        {
            return;
        }

        foreach ((string name, object? value) in facts)
        {
            if (name is not ("{OriginalFormat}" or "message"))
            {
                writer.WritePropertyName(FieldNames.Fact(name));
                WriteValue(writer, value);
            }
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case IEnumerable<string> items:
                writer.WriteStartArray();
                foreach (string item in items)
                {
                    writer.WriteStringValue(item);
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
