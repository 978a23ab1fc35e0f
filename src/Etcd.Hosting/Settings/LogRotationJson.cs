using System.Text.Json;

using Etcd.Hosting.Logging;

namespace Etcd.Hosting.Settings;

/// <summary>The text of <c>--log-rotation-config-json</c>.</summary>
internal static class LogRotationJson
{
    /// <summary>etcd's default.</summary>
    internal const string Default = """{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}""";

    internal static LogRotation Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (JsonException failure)
        {
            throw new SettingsException($"improperly formatted log rotation config: {failure.Message}");
        }
    }

    private static LogRotation Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new SettingsException("invalid log rotation config: it is no JSON object");
        }

        var rotation = new LogRotation(0, 0, 0, LocalTime: false, Compress: false);
        foreach (JsonProperty property in root.EnumerateObject())
        {
            // Names that are unknown are passed over, as in etcd.
            rotation = property.Name switch
            {
                "maxsize" => rotation with { MebibytesMax = Number(property) },
                "maxage" => rotation with { DaysMax = Number(property) },
                "maxbackups" => rotation with { BackupsMax = Number(property) },
                "localtime" => rotation with { LocalTime = Flag(property) },
                "compress" => rotation with { Compress = Flag(property) },
                _ => rotation,
            };
        }

        return rotation;
    }

    private static int Number(JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out int number) && number >= 0
            ? number
            : throw new SettingsException($"invalid log rotation config: {property.Name} must be a whole number from 0 on");

    private static bool Flag(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new SettingsException($"invalid log rotation config: {property.Name} must be true or false"),
    };
}
