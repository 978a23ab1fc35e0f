using System.Buffers;
using System.Text;

using Etcd.V2.Events;
using Etcd.V2.Watching;

namespace Etcd.V2.Tests;

/// <summary>A tree whose operations read as requests do, at a time that stands still. Paths are those of clients.</summary>
internal sealed class TestTree
{
    /// <summary>2030-01-01, unix nanoseconds.</summary>
    public const long Now = 1_893_456_000_000_000_000;

    public const long Second = 1_000_000_000;

    public V2Store Store { get; } = V2NameSpaces.NewStore();

    public ulong Index => Store.View.Index;

    public V2Result Get(string path, bool recursive = false) => Store.Get(V2NameSpaces.Keys + path, recursive, Now);

    public V2Result Set(string path, string value, long ttlSeconds = 0, bool refresh = false) =>
        Store.Set(V2NameSpaces.Keys + path, false, value, Expiry(ttlSeconds, refresh), Now);

    public V2Result MakeDirectory(string path, long ttlSeconds = 0) =>
        Store.Set(V2NameSpaces.Keys + path, true, "", Expiry(ttlSeconds), Now);

    public V2Result Create(string path, string value, long ttlSeconds = 0) =>
        Store.Create(V2NameSpaces.Keys + path, false, value, Expiry(ttlSeconds), Now);

    public V2Result Post(string path, string value) => Store.CreateInOrder(V2NameSpaces.Keys + path, false, value, V2Expiry.Never, Now);

    public V2Result Update(string path, string value, long ttlSeconds = 0, bool refresh = false) =>
        Store.Update(V2NameSpaces.Keys + path, value, Expiry(ttlSeconds, refresh), Now);

    public V2Result Swap(string path, string prevValue, ulong prevIndex, string value) =>
        Store.CompareAndSwap(V2NameSpaces.Keys + path, prevValue, prevIndex, value, V2Expiry.Never, Now);

    public V2Result Delete(string path, bool isDirectory = false, bool recursive = false) =>
        Store.Delete(V2NameSpaces.Keys + path, isDirectory, recursive, Now);

    public V2Result CompareAndDelete(string path, string prevValue, ulong prevIndex) =>
        Store.CompareAndDelete(V2NameSpaces.Keys + path, prevValue, prevIndex, Now);

    public void Expire(long afterSeconds) => Store.DeleteExpired(Now + (afterSeconds * Second), Now + (afterSeconds * Second));

    public V2Watcher Watch(string path, bool recursive = false, bool stream = false, ulong since = 0)
    {
        (V2Watcher? watcher, V2Error? error) = Store.Watch(V2NameSpaces.Keys + path, recursive, stream, since);
        return watcher ?? throw new InvalidOperationException(error?.Cause);
    }

    public V2Error? RefusedWatch(string path, ulong since) => Store.Watch(V2NameSpaces.Keys + path, false, false, since).Error;

    public string Dump() => Encoding.UTF8.GetString(Store.TakeDump().ToJson().Span);

    /// <summary>The reply to a client: the event or the error, as JSON.</summary>
    public static string Reply(V2Result result)
    {
        var output = new ArrayBufferWriter<byte>();
        if (result.TryGetEvent(out V2Event? happened, out V2Error? error))
        {
            EventText.Write(output, happened, V2NameSpaces.Keys);
        }
        else
        {
            EventText.Write(output, error, V2NameSpaces.Keys);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static V2Expiry Expiry(long ttlSeconds, bool refresh = false) =>
        new(ttlSeconds == 0 ? 0 : Now + (ttlSeconds * Second), refresh);
}
