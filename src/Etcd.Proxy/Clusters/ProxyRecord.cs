using System.Text.Json;

namespace Etcd.Proxy.Clusters;

/// <summary>A proxy as it is registered: the value of a key in the form of etcd's endpoint manager.</summary>
/// <param name="Address">Where clients reach it.</param>
/// <param name="Name">The name of its machine.</param>
internal sealed record ProxyRecord(string Address, string Name)
{
    /// <summary>The value: <c>{"Op":0,"Addr":"host:port","Metadata":"{\"name\":\"machine\"}"}</c>.</summary>
    internal byte[] ToBytes()
    {
        using var metadata = new MemoryStream();
        using (var writer = new Utf8JsonWriter(metadata))
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, Name);
            writer.WriteEndObject();
        }

        using var record = new MemoryStream();
        using (var writer = new Utf8JsonWriter(record, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("Op"u8, 0);
            writer.WriteString("Addr"u8, Address);
            writer.WriteString("Metadata"u8, metadata.ToArray());
            writer.WriteEndObject();
        }

        return record.ToArray();
    }

    /// <summary>Reads a value.</summary>
    /// <returns><see langword="null"/> for what is no such record.</returns>
    internal static ProxyRecord? Read(ReadOnlyMemory<byte> value)
    {
        try
        {
            using var record = JsonDocument.Parse(value);
            if (!record.RootElement.TryGetProperty("Addr"u8, out JsonElement address) || address.GetString() is not { Length: > 0 } text)
            {
                return null;
            }

            return new ProxyRecord(text, record.RootElement.TryGetProperty("Metadata"u8, out JsonElement metadata) ? NameIn(metadata) : string.Empty);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Somebody else's key under the prefix.
            return null;
        }
    }

    // A text that contains JSON; the endpoint managers of other programs put an object there.
    private static string NameIn(JsonElement metadata)
    {
        if (metadata.ValueKind == JsonValueKind.String)
        {
            using var inner = JsonDocument.Parse(metadata.GetString()!);
            return NameIn(inner.RootElement.Clone());
        }

        return metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("name"u8, out JsonElement name)
            ? name.GetString() ?? string.Empty
            : string.Empty;
    }
}
