using Etcd.Mvcc.Watch;
using Etcd.Protocol.Kv;

using Google.Protobuf;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>What was before a change is missing from its event, although it is there to be read.</summary>
internal sealed class MissingPrevious : PlantedBug
{
    public override WatchNotice? Tamper(in WatchNotice notice) =>
        notice.Kind == WatchNoticeKind.Events
            ? notice with { Events = notice.Events.ToArray().Select(WithoutPrevious).ToArray() }
            : notice;

    private static ReadOnlyMemory<byte> WithoutPrevious(ReadOnlyMemory<byte> encoded)
    {
        Event message = Event.Parser.ParseFrom(encoded.Span);
        message.PrevKv = null;
        return message.ToByteArray();
    }
}
