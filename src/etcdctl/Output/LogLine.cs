using System.Globalization;
using System.Text;

namespace Etcdctl.Output;

/// <summary>A log line in etcd's form: one JSON object with level, time and message, then facts.</summary>
internal static class LogLine
{
    /// <summary>Writes the line, without its end.</summary>
    /// <param name="level">info, warn or fatal.</param>
    /// <param name="logger">Name of the part that speaks; <see langword="null"/>: left out.</param>
    /// <param name="message">The message.</param>
    /// <param name="facts">Names and values.</param>
    public static string Write(string level, string? logger, string message, params ReadOnlySpan<(string Name, object Value)> facts)
    {
        MemoryStream bytes = new();
        using (OutputWriter output = new(() => bytes))
        {
            JsonText json = new(output);
            json.BeginObject();
            json.Optional("level", level);
            json.Optional("ts", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
            json.Optional("logger", logger ?? "");
            json.Optional("msg", message);
            foreach ((string name, object value) in facts)
            {
                json.Name(name);
                if (value is long number)
                {
                    json.Value(number);
                }
                else
                {
                    json.Value((string)value);
                }
            }

            json.EndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
