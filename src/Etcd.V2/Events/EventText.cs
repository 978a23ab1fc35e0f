using System.Buffers;
using System.Collections.Immutable;

using Etcd.V2.Dump;
using Etcd.V2.Paths;
using Etcd.V2.Tree;

namespace Etcd.V2.Events;

/// <summary>The JSON form of events and errors, in replies and in dumps.</summary>
public static class EventText
{
    /// <summary>Writes an event as replies show it. Whether it was a refresh stands in dumps only, as in etcd.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="happened">The event.</param>
    /// <param name="nameSpace">Prefix that is taken off every key, such as <c>/1</c>; empty for none.</param>
    /// <param name="withNodes">Whether the nodes are written; the caller may have asked for none.</param>
    public static void Write(IBufferWriter<byte> output, V2Event happened, string nameSpace, bool withNodes = true)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(happened);
        WriteOpen(output, happened, nameSpace, withNodes);
        JsonText.WriteRaw(output, "}"u8);
    }

    /// <summary>Writes a node without what is below it, as replies show it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="node">The node.</param>
    /// <param name="key">The path to show.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, for the TTL.</param>
    public static void Write(IBufferWriter<byte> output, V2Node node, string key, long nowNanoseconds)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(node);
        WriteImage(output, NodeImage.Of(node, nowNanoseconds) with { Key = key }, nameSpace: string.Empty);
    }

    /// <summary>Writes an event as dumps keep it.</summary>
    internal static void WriteKept(IBufferWriter<byte> output, V2Event happened)
    {
        WriteOpen(output, happened, nameSpace: string.Empty, withNodes: true);
        JsonText.WriteRaw(output, happened.IsRefresh ? ",\"refresh\":true}"u8 : "}"u8);
    }

    /// <summary>Writes a refusal.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="error">The refusal.</param>
    /// <param name="nameSpace">Prefix that is taken off the cause; empty for none.</param>
    public static void Write(IBufferWriter<byte> output, V2Error error, string nameSpace)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        JsonText.WriteRaw(output, "{\"errorCode\":"u8);
        JsonText.WriteNumber(output, (long)error.Code);
        JsonText.WriteRaw(output, ",\"message\":"u8);
        JsonText.WriteString(output, error.Message);
        string cause = Within(nameSpace, error.Cause);
        if (cause.Length > 0)
        {
            JsonText.WriteRaw(output, ",\"cause\":"u8);
            JsonText.WriteString(output, cause);
        }

        JsonText.WriteRaw(output, ",\"index\":"u8);
        JsonText.WriteNumber(output, error.Index);
        JsonText.WriteRaw(output, "}"u8);
    }

    private static void WriteOpen(IBufferWriter<byte> output, V2Event happened, string nameSpace, bool withNodes)
    {
        JsonText.WriteRaw(output, "{\"action\":"u8);
        JsonText.WriteString(output, happened.Action);
        if (!withNodes)
        {
            return;
        }

        JsonText.WriteRaw(output, ",\"node\":"u8);
        WriteImage(output, happened.Node, nameSpace);
        if (happened.PrevNode is { } previous)
        {
            JsonText.WriteRaw(output, ",\"prevNode\":"u8);
            WriteImage(output, previous, nameSpace);
        }
    }

    private static string Within(string nameSpace, string path) =>
        path.StartsWith(nameSpace, StringComparison.Ordinal) ? path[nameSpace.Length..] : path;

    private static void WriteImage(IBufferWriter<byte> output, NodeImage node, string nameSpace)
    {
        var fields = new Fields(output);
        WriteHead(ref fields, node, nameSpace);
        if (node.Listing is { } listing)
        {
            WriteListing(ref fields, listing, nameSpace);
        }

        WriteTail(ref fields, node);
    }

    /// <summary>Writes what is below a directory, with a stack of its own: how deep keys go is up to clients.</summary>
    private static void WriteListing(ref Fields top, Listing listing, string nameSpace)
    {
        IBufferWriter<byte> output = top.Output;
        var open = new Stack<OpenDirectory>();
        var current = new OpenDirectory(top, null, listing.Directory.Children!.GetEnumerator());
        while (true)
        {
            if (current.MoveToVisible(out V2Node? child))
            {
                current.BeginChild();
                var image = NodeImage.Of(child, listing.NowNanoseconds);
                var fields = new Fields(output);
                WriteHead(ref fields, image, nameSpace);
                if (listing.IsRecursive && child.Children is { } children)
                {
                    open.Push(current);
                    current = new OpenDirectory(fields, image, children.GetEnumerator());
                }
                else
                {
                    WriteTail(ref fields, image);
                }
            }
            else
            {
                Fields fields = current.End();
                if (current.Image is not { } image)
                {
                    top = fields;
                    return;
                }

                WriteTail(ref fields, image);
                current = open.Pop();
            }
        }
    }

    private static void WriteHead(ref Fields fields, NodeImage node, string nameSpace)
    {
        JsonText.WriteRaw(fields.Output, "{"u8);
        string key = Within(nameSpace, node.Key);
        if (key.Length > 0)
        {
            fields.Name("\"key\":"u8);
            JsonText.WriteString(fields.Output, key);
        }

        if (node.Value is { } value)
        {
            fields.Name("\"value\":"u8);
            JsonText.WriteString(fields.Output, value);
        }

        if (node.IsDirectory)
        {
            fields.Name("\"dir\":true"u8);
        }

        if (node.ExpiresAtNanoseconds != V2Node.Permanent)
        {
            fields.Name("\"expiration\":\""u8);
            NanoTime.Write(fields.Output, node.ExpiresAtNanoseconds);
            JsonText.WriteRaw(fields.Output, "\""u8);
        }

        if (node.TtlSeconds != 0)
        {
            fields.Name("\"ttl\":"u8);
            JsonText.WriteNumber(fields.Output, node.TtlSeconds);
        }
    }

    private static void WriteTail(ref Fields fields, NodeImage node)
    {
        if (node.ModifiedIndex != 0)
        {
            fields.Name("\"modifiedIndex\":"u8);
            JsonText.WriteNumber(fields.Output, node.ModifiedIndex);
        }

        if (node.CreatedIndex != 0)
        {
            fields.Name("\"createdIndex\":"u8);
            JsonText.WriteNumber(fields.Output, node.CreatedIndex);
        }

        JsonText.WriteRaw(fields.Output, "}"u8);
    }

    /// <summary>Puts commas between the fields of one object.</summary>
    private struct Fields(IBufferWriter<byte> output)
    {
        private bool _hasOne;

        internal IBufferWriter<byte> Output { get; } = output;

        internal void Name(ReadOnlySpan<byte> name)
        {
            if (_hasOne)
            {
                JsonText.WriteRaw(Output, ","u8);
            }

            _hasOne = true;
            JsonText.WriteRaw(Output, name);
        }
    }

    /// <summary>A directory whose children are being written.</summary>
    private sealed class OpenDirectory(
        Fields fields, NodeImage? image, ImmutableSortedDictionary<string, V2Node>.Enumerator children)
    {
        private Fields _fields = fields;
        private ImmutableSortedDictionary<string, V2Node>.Enumerator _children = children;
        private bool _hasChild;

        internal NodeImage? Image { get; } = image;

        internal bool MoveToVisible([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out V2Node? child)
        {
            while (_children.MoveNext())
            {
                if (!KeyPath.IsHiddenName(_children.Current.Key))
                {
                    child = _children.Current.Value;
                    return true;
                }
            }

            child = null;
            return false;
        }

        internal void BeginChild()
        {
            if (_hasChild)
            {
                JsonText.WriteRaw(_fields.Output, ","u8);
                return;
            }

            _hasChild = true;
            _fields.Name("\"nodes\":["u8);
        }

        internal Fields End()
        {
            if (_hasChild)
            {
                JsonText.WriteRaw(_fields.Output, "]"u8);
            }

            return _fields;
        }
    }
}
