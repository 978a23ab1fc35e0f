using System.Buffers;

using Etcd.Mvcc.Watch;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Mvcc.Tests.Watch;

public class WatchResponseWriterTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Write_AnyNotice_EqualsTheGeneratedMessage(int seed)
    {
        var random = new Random(seed);
        WatchResponse expected = RandomResponse(random);
        WatchNotice notice = NoticeOf(expected);
        var buffer = new ArrayBufferWriter<byte>();

        WatchResponseWriter.Write(buffer, expected.Header.ClusterId, expected.Header.MemberId, expected.Header.RaftTerm, notice);

        Assert.Equal(expected.ToByteArray(), buffer.WrittenSpan.ToArray());
    }

    [Fact]
    public void Write_IntoSmallPieces_EqualsTheGeneratedMessage()
    {
        var expected = new WatchResponse { Header = new ResponseHeader { Revision = 5 }, WatchId = 1 };
        expected.Events.AddRange(Enumerable.Range(0, 100).Select(i => new Event { Kv = new KeyValue { Key = ByteString.CopyFrom(new byte[i * 100]) } }));
        var buffer = new ExactBufferWriter();

        WatchResponseWriter.Write(buffer, 0, 0, 0, NoticeOf(expected));

        Assert.Equal(expected.ToByteArray(), buffer.Written.ToArray());
    }

    private static WatchResponse RandomResponse(Random random)
    {
        var response = new WatchResponse
        {
            Header = new ResponseHeader
            {
                ClusterId = RandomNumber(random),
                MemberId = RandomNumber(random),
                Revision = (long)(RandomNumber(random) >> 1),
                RaftTerm = RandomNumber(random),
            },
            WatchId = random.Next(4) == 0 ? -1 : (long)RandomNumber(random),
        };
        switch (random.Next(6))
        {
            case 0:
                response.Created = true;
                break;
            case 1:
                response.Created = response.Canceled = true;
                response.CancelReason = random.Next(2) == 0 ? "mvcc: watcher range is empty" : new string('ä', 200);
                break;
            case 2:
                response.Canceled = true;
                break;
            case 3:
                response.Canceled = true;
                response.CompactRevision = 1 + (long)(RandomNumber(random) >> 2);
                break;
            default:
                response.Fragment = random.Next(2) == 0;
                response.Events.AddRange(Enumerable.Range(0, random.Next(1, 40)).Select(_ => RandomEvent(random)));
                break;
        }

        return response;
    }

    private static Event RandomEvent(Random random)
    {
        byte[] value = new byte[random.Next(3) == 0 ? 5000 : random.Next(100)];
        random.NextBytes(value);
        return new Event
        {
            Type = random.Next(2) == 0 ? Event.Types.EventType.Put : Event.Types.EventType.Delete,
            Kv = new KeyValue { Key = ByteString.CopyFromUtf8("key"), Value = ByteString.CopyFrom(value), ModRevision = random.Next() },
            PrevKv = random.Next(2) == 0 ? null : new KeyValue { Key = ByteString.CopyFromUtf8("key"), Version = random.Next() },
        };
    }

    private static ulong RandomNumber(Random random) => random.Next(4) == 0 ? 0 : (ulong)random.NextInt64() >> random.Next(63) << random.Next(2);

    private static WatchNotice NoticeOf(WatchResponse response) => new()
    {
        Kind = response switch
        {
            { Created: true, Canceled: true } => WatchNoticeKind.Refused,
            { Created: true } => WatchNoticeKind.Created,
            { CompactRevision: > 0 } => WatchNoticeKind.Compacted,
            { Canceled: true } => WatchNoticeKind.Canceled,
            { Events.Count: 0 } => WatchNoticeKind.Progress,
            _ => WatchNoticeKind.Events,
        },
        WatchId = response.WatchId,
        Revision = response.Header.Revision,
        CompactRevision = response.CompactRevision,
        Reason = response.CancelReason.Length == 0 ? null : response.CancelReason,
        IsFragment = response.Fragment,
        Events = response.Events.Select(change => (ReadOnlyMemory<byte>)change.ToByteArray()).ToArray(),
    };

    /// <summary>Gives spans of exactly the size asked for.</summary>
    private sealed class ExactBufferWriter : IBufferWriter<byte>
    {
        private byte[] _span = [];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_span[..count]);

        public Memory<byte> GetMemory(int sizeHint = 0) => _span = new byte[sizeHint];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
