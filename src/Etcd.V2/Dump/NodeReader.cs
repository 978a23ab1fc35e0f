using System.Collections.Immutable;
using System.Text.Json;

using Etcd.V2.Paths;
using Etcd.V2.Tree;

namespace Etcd.V2.Dump;

/// <summary>Reads the nodes of a dump. It keeps a stack of its own instead of calling itself: how deep keys go is up to clients.</summary>
internal static class NodeReader
{
    internal static V2Node Read(ref Utf8JsonReader reader)
    {
        DumpReader.Expect(reader.TokenType == JsonTokenType.StartObject, "a node is no object");
        var open = new Stack<Draft>();
        var current = new Draft(KeyPath.Root, string.Empty);
        while (true)
        {
            if (current.IsInChildren)
            {
                if (DumpReader.NextProperty(ref reader, out string child))
                {
                    DumpReader.Expect(reader.TokenType == JsonTokenType.StartObject, "a node is no object");
                    open.Push(current);
                    current = new Draft(KeyPath.Child(current.Path, child), child);
                }
                else
                {
                    current.IsInChildren = false;
                }
            }
            else if (DumpReader.NextProperty(ref reader, out string name))
            {
                ReadField(ref reader, name, current);
            }
            else
            {
                V2Node node = current.ToNode();
                if (!open.TryPop(out Draft? parent))
                {
                    return node;
                }

                parent.Children![current.Name] = node;
                current = parent;
            }
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, string name, Draft node)
    {
        switch (name)
        {
            case "CreatedIndex":
                node.CreatedIndex = reader.GetUInt64();
                break;
            case "ModifiedIndex":
                node.ModifiedIndex = reader.GetUInt64();
                break;
            case "ExpireTime":
                node.ExpiresAt = NanoTime.Parse(reader.GetString() ?? string.Empty);
                break;
            case "Value":
                node.Value = reader.GetString() ?? string.Empty;
                break;
            case "Children" when reader.TokenType == JsonTokenType.StartObject:
                node.Children = V2Node.NoChildren.ToBuilder();
                node.IsInChildren = true;
                break;
            default:
                reader.Skip();
                break;
        }
    }

    /// <summary>A node that is being read. Its path follows from where it stands, not from what it says of itself.</summary>
    private sealed class Draft(string path, string name)
    {
        internal string Path { get; } = path;

        internal string Name { get; } = name;

        internal string Value { get; set; } = string.Empty;

        internal ulong CreatedIndex { get; set; }

        internal ulong ModifiedIndex { get; set; }

        internal long ExpiresAt { get; set; } = V2Node.Permanent;

        internal ImmutableSortedDictionary<string, V2Node>.Builder? Children { get; set; }

        internal bool IsInChildren { get; set; }

        internal V2Node ToNode() => new(
            Path, Children is null ? Value : string.Empty, Children?.ToImmutable(), CreatedIndex, ModifiedIndex, ExpiresAt);
    }
}
