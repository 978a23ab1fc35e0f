using System.Buffers;
using System.Collections.Concurrent;

using Google.Protobuf;

namespace Etcd.Hosting.Tests;

/// <summary>A span as a collector receives it: <c>ExportTraceServiceRequest</c> of opentelemetry-proto, as far as the tests look at it.</summary>
internal sealed record ReceivedSpan(string TraceId, string Id, string ParentId, string Name, ulong Began, ulong Ended)
{
    private const int ResourceSpans = 1;
    private const int ScopeSpans = 2;
    private const int Spans = 2;

    public static void ReadAll(ReadOnlySequence<byte> request, ConcurrentQueue<ReceivedSpan> spans)
    {
        foreach (ByteString resource in Fields(ByteString.CopyFrom(request.ToArray()), ResourceSpans))
        {
            foreach (ByteString span in Fields(resource, ScopeSpans).SelectMany(scope => Fields(scope, Spans)))
            {
                spans.Enqueue(Read(span));
            }
        }
    }

    private static IEnumerable<ByteString> Fields(ByteString message, int field)
    {
        CodedInputStream input = message.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == field)
            {
                yield return input.ReadBytes();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    private static ReceivedSpan Read(ByteString message)
    {
        var span = new ReceivedSpan(string.Empty, string.Empty, string.Empty, string.Empty, 0, 0);
        CodedInputStream input = message.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    span = span with { TraceId = Convert.ToHexStringLower(input.ReadBytes().Span) };
                    break;
                case 2:
                    span = span with { Id = Convert.ToHexStringLower(input.ReadBytes().Span) };
                    break;
                case 4:
                    span = span with { ParentId = Convert.ToHexStringLower(input.ReadBytes().Span) };
                    break;
                case 5:
                    span = span with { Name = input.ReadString() };
                    break;
                case 7:
                    span = span with { Began = input.ReadFixed64() };
                    break;
                case 8:
                    span = span with { Ended = input.ReadFixed64() };
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return span;
    }
}
