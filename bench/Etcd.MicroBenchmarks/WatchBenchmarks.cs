using System.Buffers;
using System.Text;

using Etcd.Mvcc;
using Etcd.Mvcc.Watch;

namespace Etcd.MicroBenchmarks;

/// <summary>What a publication costs the apply thread, and what an event costs from publication to its encoded response.</summary>
internal sealed class WatchBenchmarks : IBenchmarkArea
{
    private const int EventsPerRound = 100_000;

    /// <summary>Entries in one pass of apply, after which senders look.</summary>
    private const int EventsPerPass = 100;

    public string Name => "watch";

    public void Run(BenchmarkRunner runner)
    {
        MeasurePublish(runner, "watch publish, unwatched key, 1,000 keys watched", keys: 1000, ranges: 0, isMatch: false, deliver: false);
        MeasurePublish(runner, "watch publish, unwatched key, 10,000 ranges watched", keys: 0, ranges: 10_000, isMatch: false, deliver: false);
        MeasurePublish(runner, "watch event to response, 1,000 keys on one stream", keys: 1000, ranges: 0, isMatch: true, deliver: true);
        MeasurePublish(runner, "watch event to response, one of 10,000 ranges", keys: 0, ranges: 10_000, isMatch: true, deliver: true);
        MeasureFanOut(runner, watchers: 1000);
    }

    private static void MeasurePublish(BenchmarkRunner runner, string name, int keys, int ranges, bool isMatch, bool deliver)
    {
        var hub = new WatchHub(new EmptyHistory(), TimeProvider.System, new WatchOptions());
        using WatchStream stream = hub.OpenStream();
        for (int i = 0; i < keys + ranges; i++)
        {
            stream.Create(new WatchSpec { Key = Key(i), RangeEnd = i < keys ? default : Key(i, "~") });
        }

        var writer = new ArrayBufferWriter<byte>(1 << 20);
        Drain(stream, writer);
        long revision = 1;
        KeyEvent[][] events = [];
        runner.Measure(
            name,
            EventsPerRound,
            () =>
            {
                for (int i = 0; i < events.Length; i++)
                {
                    hub.Publish(++revision, events[i]);
                    if (deliver && i % EventsPerPass == 0)
                    {
                        Drain(stream, writer);
                    }
                }

                Drain(stream, writer);
            },
            () => events = Events(revision, i => isMatch ? i % (keys + ranges) : -1 - i));
    }

    private static void MeasureFanOut(BenchmarkRunner runner, int watchers)
    {
        var hub = new WatchHub(new EmptyHistory(), TimeProvider.System, new WatchOptions());
        WatchStream[] streams = [.. Enumerable.Range(0, watchers).Select(_ => hub.OpenStream())];
        var writer = new ArrayBufferWriter<byte>(1 << 20);
        foreach (WatchStream stream in streams)
        {
            stream.Create(new WatchSpec { Key = Key(0) });
            Drain(stream, writer);
        }

        long revision = 1;
        KeyEvent[][] events = [];
        runner.Measure(
            "watch event to response, one key on 1,000 streams",
            EventsPerRound,
            () =>
            {
                for (int i = 0; i < EventsPerRound / watchers; i++)
                {
                    hub.Publish(++revision, events[i]);
                    foreach (WatchStream stream in streams)
                    {
                        Drain(stream, writer);
                    }
                }
            },
            () => events = Events(revision, _ => 0));
        Array.ForEach(streams, stream => stream.Dispose());
    }

    private static void Drain(WatchStream stream, ArrayBufferWriter<byte> writer)
    {
        while (stream.TryTake(out WatchNotice notice))
        {
            writer.ResetWrittenCount();
            WatchResponseWriter.Write(writer, 0x6c5a_0b1e_33f2_7d01, 0x5aa1_77c0_91de_2b13, 7, notice);
        }
    }

    private static KeyEvent[][] Events(long afterRevision, Func<int, int> keyOf)
    {
        var events = new KeyEvent[EventsPerRound][];
        for (int i = 0; i < events.Length; i++)
        {
            byte[] key = Key(keyOf(i));
            events[i] = [new KeyEvent(new Revision(afterRevision + 1 + i, 0), isDelete: false, isCreate: false, key, new byte[300])];
        }

        return events;
    }

    private static byte[] Key(int number, string suffix = "") => Encoding.UTF8.GetBytes($"bench/watch/{number:D8}{suffix}");

    /// <summary>A store without a past: every watcher here is live.</summary>
    private sealed class EmptyHistory : IWatchHistory
    {
        public long CurrentRevision => 1;

        public long CompactRevision => -1;

        public bool TryReadEvents(
            long fromRevision, long toRevision, KeyFilter filter, long bytesMax, List<KeyEvent> events, out long lastRevision)
        {
            lastRevision = toRevision;
            return true;
        }

        public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue)
        {
            encodedKeyValue = default;
            return false;
        }
    }
}
