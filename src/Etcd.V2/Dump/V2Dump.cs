using System.Buffers;
using System.Collections.Immutable;

using Etcd.V2.Events;
using Etcd.V2.Tree;
using Etcd.V2.Watching;

namespace Etcd.V2.Dump;

/// <summary>All that a tree is at one index: nodes, event history, statistics. Immutable; its JSON is the payload of <c>.snap</c> files and
/// of snapshots between members, byte for byte as etcd writes it.</summary>
public sealed class V2Dump
{
    private const long FormatVersion = 2;

    internal V2Dump(V2View view, EventHistory history, V2Statistics statistics)
    {
        View = view;
        History = history;
        Statistics = statistics;
    }

    /// <summary>The nodes.</summary>
    public V2View View { get; }

    internal EventHistory History { get; }

    internal V2Statistics Statistics { get; }

    /// <summary>The JSON.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var output = new ArrayBufferWriter<byte>(16 << 10);
        WriteTo(output);
        return output.WrittenMemory;
    }

    /// <summary>Writes the JSON.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"Root\":"u8);
        WriteNodes(output, View.Root);
        output.Write(",\"WatcherHub\":{\"EventHistory\":{\"Queue\":{\"Events\":["u8);
        bool isFirst = true;
        foreach (V2Event? happened in History.Slots)
        {
            output.Write(isFirst ? ""u8 : ","u8);
            isFirst = false;
            if (happened is null)
            {
                output.Write("null"u8);
            }
            else
            {
                EventText.WriteKept(output, happened);
            }
        }

        output.Write("],\"Size\":"u8);
        JsonText.WriteNumber(output, (long)History.Size);
        output.Write(",\"Front\":"u8);
        JsonText.WriteNumber(output, (long)History.Front);
        output.Write(",\"Back\":"u8);
        JsonText.WriteNumber(output, (long)History.Back);
        output.Write(",\"Capacity\":"u8);
        JsonText.WriteNumber(output, (long)EventHistory.Capacity);
        output.Write("},\"StartIndex\":"u8);
        JsonText.WriteNumber(output, History.StartIndex);
        output.Write(",\"LastIndex\":"u8);
        JsonText.WriteNumber(output, History.LastIndex);
        output.Write("}},\"CurrentIndex\":"u8);
        JsonText.WriteNumber(output, View.Index);
        output.Write(",\"Stats\":"u8);
        Statistics.WriteTo(output);
        output.Write(",\"CurrentVersion\":"u8);
        JsonText.WriteNumber(output, FormatVersion);
        output.Write("}"u8);
    }

    /// <summary>Writes a subtree with a stack of its own: how deep keys go is up to clients.</summary>
    private static void WriteNodes(IBufferWriter<byte> output, V2Node root)
    {
        var open = new Stack<ImmutableSortedDictionary<string, V2Node>.Enumerator>();
        V2Node node = root;
        while (true)
        {
            WriteHead(output, node);
            if (node.Children is { } children)
            {
                output.Write("{"u8);
                open.Push(children.GetEnumerator());
            }
            else
            {
                output.Write("null}"u8);
            }

            bool isFirst = node.Children is not null;
            while (open.TryPop(out ImmutableSortedDictionary<string, V2Node>.Enumerator siblings))
            {
                if (siblings.MoveNext())
                {
                    output.Write(isFirst ? ""u8 : ","u8);
                    JsonText.WriteString(output, siblings.Current.Key);
                    output.Write(":"u8);
                    node = siblings.Current.Value;
                    open.Push(siblings);
                    break;
                }

                output.Write("}}"u8);
                isFirst = false;
            }

            if (open.Count == 0)
            {
                return;
            }
        }
    }

    private static void WriteHead(IBufferWriter<byte> output, V2Node node)
    {
        output.Write("{\"Path\":"u8);
        JsonText.WriteString(output, node.Path);
        output.Write(",\"CreatedIndex\":"u8);
        JsonText.WriteNumber(output, node.CreatedIndex);
        output.Write(",\"ModifiedIndex\":"u8);
        JsonText.WriteNumber(output, node.ModifiedIndex);
        output.Write(",\"ExpireTime\":\""u8);
        NanoTime.Write(output, node.ExpiresAtNanoseconds);
        output.Write("\",\"Value\":"u8);
        JsonText.WriteString(output, node.Value);
        output.Write(",\"Children\":"u8);
    }
}
