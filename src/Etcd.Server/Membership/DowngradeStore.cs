using System.Text.Json;

using Etcd.Mvcc;
using Etcd.Protocol.Membership;

namespace Etcd.Server.Membership;

/// <summary>Whether the cluster is about to be taken one minor version down, and to which. Kept in the backend bucket <c>cluster</c> in etcd's form:
/// <c>{"target-version":"3.4.0","enabled":true}</c>. The apply thread writes; anybody reads.</summary>
internal sealed class DowngradeStore
{
    private static readonly byte[] Key = "downgrade"u8.ToArray();

    private readonly Backend _backend;
    private volatile string _target;

    /// <summary>Reads what the backend holds.</summary>
    /// <exception cref="InvalidDataException">It is no such record.</exception>
    internal DowngradeStore(Backend backend)
    {
        _backend = backend;
        _target = Read(backend);
    }

    /// <summary>Version the cluster is about to go down to (<c>3.4.0</c>); empty when it is not.</summary>
    internal string Target => _target;

    /// <summary>Reads again what the backend holds, after another file has been installed in it. Apply thread.</summary>
    internal void Recover() => _target = Read(_backend);

    /// <summary>Takes what was replicated.</summary>
    internal void Set(DowngradeInfoSetRequest request)
    {
        _target = request.Enabled ? request.Ver : string.Empty;
        using var record = new MemoryStream();
        using (var writer = new Utf8JsonWriter(record))
        {
            writer.WriteStartObject();
            writer.WriteString("target-version"u8, request.Ver);
            writer.WriteBoolean("enabled"u8, request.Enabled);
            writer.WriteEndObject();
        }

        _backend.Put(BackendBucket.Cluster, Key, record.ToArray());
    }

    private static string Read(Backend backend)
    {
        using BackendView view = backend.View();
        if (!view.TryGet(BackendBucket.Cluster, Key, out ReadOnlySpan<byte> record))
        {
            return string.Empty;
        }

        try
        {
            return Parse(record);
        }
        catch (Exception damage) when (damage is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"the record of a downgrade in bucket \"cluster\" cannot be read: {damage.Message}", damage);
        }
    }

    private static string Parse(ReadOnlySpan<byte> record)
    {
        var reader = new Utf8JsonReader(record);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.TryGetProperty("enabled"u8, out JsonElement enabled) && enabled.GetBoolean()
            ? document.RootElement.GetProperty("target-version"u8).GetString() ?? string.Empty
            : string.Empty;
    }
}
