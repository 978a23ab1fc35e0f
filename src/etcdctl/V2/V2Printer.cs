using Etcdctl.Output;

namespace Etcdctl.V2;

/// <summary>Prints replies as <c>--output</c> asks.</summary>
internal static class V2Printer
{
    /// <summary>Prints a reply.</summary>
    public static void Print(V2Context context, V2Reply reply)
    {
        OutputWriter output = context.Terminal.Output;
        bool isDeletion = reply.Action == "delete";
        switch (context.Format)
        {
            case "simple":
                output.WriteLine(isDeletion ? "PrevNode.Value: " + reply.PrevNode?.Value : reply.Node.Value);
                break;
            case "extended":
                output.WriteLine("Key: " + reply.Node.Key);
                output.WriteLine(FormattableString.Invariant($"Created-Index: {reply.Node.CreatedIndex}"));
                output.WriteLine(FormattableString.Invariant($"Modified-Index: {reply.Node.ModifiedIndex}"));
                if (reply.PrevNode is { } previous)
                {
                    output.WriteLine("PrevNode.Value: " + previous.Value);
                }

                output.WriteLine(FormattableString.Invariant($"TTL: {reply.Node.Ttl}"));
                output.WriteLine("Index: " + reply.Index);
                if (!isDeletion)
                {
                    output.WriteLine();
                    output.WriteLine(reply.Node.Value);
                }

                break;
            case "json":
                PrintJson(output, reply);
                break;
            default:
                context.Terminal.Error.WriteLine("Unsupported output format: " + context.Format);
                break;
        }
    }

    private static void PrintJson(OutputWriter output, V2Reply reply)
    {
        var json = new JsonText(output);
        json.BeginObject();
        json.Name("action");
        json.Value(reply.Action);
        json.Name("node");
        Write(json, reply.Node);
        json.Name("prevNode");
        if (reply.PrevNode is { } previous)
        {
            Write(json, previous);
        }
        else
        {
            json.Null();
        }

        json.EndObject();
        output.WriteLine();
    }

    private static void Write(JsonText json, V2ReplyNode node)
    {
        json.BeginObject();
        json.Name("key");
        json.Value(node.Key);
        json.Optional("dir", node.IsDirectory);
        json.Name("value");
        json.Value(node.Value);
        json.Name("nodes");
        if (node.Nodes is { } nodes)
        {
            json.BeginArray();
            foreach (V2ReplyNode child in nodes)
            {
                Write(json, child);
            }

            json.EndArray();
        }
        else
        {
            json.Null();
        }

        json.Name("createdIndex");
        json.Value(node.CreatedIndex);
        json.Name("modifiedIndex");
        json.Value(node.ModifiedIndex);
        json.Optional("expiration", node.Expiration);
        json.Optional("ttl", node.Ttl);
        json.EndObject();
    }
}
