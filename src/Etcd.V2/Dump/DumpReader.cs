using System.Text.Json;

using Etcd.V2.Events;
using Etcd.V2.Tree;
using Etcd.V2.Watching;

namespace Etcd.V2.Dump;

/// <summary>Reads the JSON of a dump. What it does not know it leaves out; white space and the order of fields do not matter.</summary>
internal static class DumpReader
{
    /// <summary>How deep JSON may nest. Each directory takes two levels.</summary>
    private const int DepthMax = 1 << 20;

    /// <summary>Reads a dump.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static V2Dump Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = DepthMax });
            return Read(ref reader);
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"the snapshot's payload is not a v2 tree: {failure.Message}", failure);
        }
    }

    private static V2Dump Read(ref Utf8JsonReader reader)
    {
        V2Node? root = null;
        ulong? index = null;
        var history = new EventHistory();
        var statistics = new V2Statistics();
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "it is no object");
        while (NextProperty(ref reader, out string name))
        {
            switch (name)
            {
                case "Root":
                    root = NodeReader.Read(ref reader);
                    break;
                case "WatcherHub":
                    history = ReadHub(ref reader);
                    break;
                case "CurrentIndex":
                    index = reader.GetUInt64();
                    break;
                case "Stats":
                    ReadStatistics(ref reader, statistics);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Expect(!reader.Read(), "something follows it");
        Expect(root is { IsDirectory: true }, "it has no root directory");
        Expect(index is not null, "it has no index");
        return new V2Dump(new V2View(root!, index!.Value), history, statistics);
    }

    /// <summary>Moves to the value of the next property of the object the reader is in.</summary>
    internal static bool NextProperty(ref Utf8JsonReader reader, out string name)
    {
        name = string.Empty;
        Expect(reader.Read(), "it is cut off");
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        name = reader.GetString()!;
        Expect(reader.Read(), "it is cut off");
        return true;
    }

    internal static void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }

    private static EventHistory ReadHub(ref Utf8JsonReader reader)
    {
        var history = new EventHistory();
        Expect(reader.TokenType == JsonTokenType.StartObject, "its event history is no object");
        while (NextProperty(ref reader, out string name))
        {
            if (name == "EventHistory" && reader.TokenType == JsonTokenType.StartObject)
            {
                history = ReadHistory(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return history;
    }

    private static EventHistory ReadHistory(ref Utf8JsonReader reader)
    {
        List<V2Event?> slots = [];
        int size = 0;
        int front = 0;
        ulong startIndex = 0;
        ulong lastIndex = 0;
        while (NextProperty(ref reader, out string name))
        {
            switch (name)
            {
                case "Queue":
                    slots = ReadQueue(ref reader, out size, out front);
                    break;
                case "StartIndex":
                    startIndex = reader.GetUInt64();
                    break;
                case "LastIndex":
                    lastIndex = reader.GetUInt64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Expect(slots.Count <= EventHistory.Capacity && size >= 0 && size <= slots.Count, "its event history is too long");
        Expect(size == 0 || (front >= 0 && front < slots.Count), "its event history begins outside itself");
        var ring = new V2Event?[EventHistory.Capacity];
        slots.CopyTo(ring);
        for (int i = 0; i < size; i++)
        {
            Expect(ring[(front + i) % EventHistory.Capacity] is not null, "its event history has a hole");
        }

        return new EventHistory(ring, size, front, (front + size) % EventHistory.Capacity, startIndex, lastIndex);
    }

    private static List<V2Event?> ReadQueue(ref Utf8JsonReader reader, out int size, out int front)
    {
        var slots = new List<V2Event?>(EventHistory.Capacity);
        size = 0;
        front = 0;
        Expect(reader.TokenType == JsonTokenType.StartObject, "its event queue is no object");
        while (NextProperty(ref reader, out string name))
        {
            switch (name)
            {
                case "Events" when reader.TokenType == JsonTokenType.StartArray:
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        slots.Add(reader.TokenType == JsonTokenType.Null ? null : ReadEvent(ref reader));
                    }

                    break;
                case "Size":
                    size = reader.GetInt32();
                    break;
                case "Front":
                    front = reader.GetInt32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return slots;
    }

    private static V2Event ReadEvent(ref Utf8JsonReader reader)
    {
        string action = string.Empty;
        NodeImage? node = null;
        NodeImage? previous = null;
        bool isRefresh = false;
        while (NextProperty(ref reader, out string name))
        {
            switch (name)
            {
                case "action":
                    action = reader.GetString() ?? string.Empty;
                    break;
                case "node":
                    node = ReadImage(ref reader);
                    break;
                case "prevNode":
                    previous = ReadImage(ref reader);
                    break;
                case "refresh":
                    isRefresh = reader.GetBoolean();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Expect(node is not null, "an event has no node");
        return new V2Event(action, node!, previous, node!.ModifiedIndex) { IsRefresh = isRefresh };
    }

    private static NodeImage ReadImage(ref Utf8JsonReader reader)
    {
        var image = new NodeImage(string.Empty, null, false, V2Node.Permanent, 0, 0, 0);
        Expect(reader.TokenType == JsonTokenType.StartObject, "a node of an event is no object");
        while (NextProperty(ref reader, out string name))
        {
            switch (name)
            {
                case "key":
                    image = image with { Key = reader.GetString() ?? string.Empty };
                    break;
                case "value":
                    image = image with { Value = reader.GetString() };
                    break;
                case "dir":
                    image = image with { IsDirectory = reader.GetBoolean() };
                    break;
                case "expiration":
                    image = image with { ExpiresAtNanoseconds = NanoTime.Parse(reader.GetString() ?? string.Empty) };
                    break;
                case "ttl":
                    image = image with { TtlSeconds = reader.GetInt64() };
                    break;
                case "modifiedIndex":
                    image = image with { ModifiedIndex = reader.GetUInt64() };
                    break;
                case "createdIndex":
                    image = image with { CreatedIndex = reader.GetUInt64() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return image;
    }

    private static void ReadStatistics(ref Utf8JsonReader reader, V2Statistics statistics)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "its statistics are no object");
        while (NextProperty(ref reader, out string name))
        {
            statistics.Set(name, reader.GetInt64());
        }
    }
}
