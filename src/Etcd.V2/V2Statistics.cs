using System.Buffers;

using Etcd.V2.Dump;

namespace Etcd.V2;

/// <summary>What was done with the tree, counted. Any thread. Members need not agree on these numbers: reads count only where they are made.</summary>
public sealed class V2Statistics
{
    private static readonly string[] Names =
    [
        "getsSuccess", "getsFail", "setsSuccess", "setsFail", "deleteSuccess", "deleteFail", "updateSuccess", "updateFail",
        "createSuccess", "createFail", "compareAndSwapSuccess", "compareAndSwapFail", "compareAndDeleteSuccess",
        "compareAndDeleteFail", "expireCount", "watchers",
    ];

    private readonly long[] _values = new long[Names.Length];

    private long _watchRequests;

    /// <summary>Watches asked for on this member, those that were refused included. Not part of the dump.</summary>
    public long WatchRequests => Interlocked.Read(ref _watchRequests);

    /// <summary>Names and values, in etcd's order.</summary>
    public IEnumerable<KeyValuePair<string, long>> All
    {
        get
        {
            for (int i = 0; i < Names.Length; i++)
            {
                yield return KeyValuePair.Create(Names[i], Interlocked.Read(ref _values[i]));
            }
        }
    }

    /// <summary>One of the values.</summary>
    /// <param name="name">Its name, as <see cref="All"/> has it.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public long this[string name] => Array.IndexOf(Names, name) is var position and >= 0
        ? Interlocked.Read(ref _values[position])
        : throw new ArgumentException($"no statistic is called {name}", nameof(name));

    /// <summary>Writes them as the JSON object that <c>/v2/stats/store</c> answers and dumps carry.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        for (int i = 0; i < Names.Length; i++)
        {
            JsonText.WriteRaw(output, i == 0 ? "{"u8 : ","u8);
            JsonText.WriteString(output, Names[i]);
            JsonText.WriteRaw(output, ":"u8);
            JsonText.WriteNumber(output, Interlocked.Read(ref _values[i]));
        }

        JsonText.WriteRaw(output, "}"u8);
    }

    internal void Count(V2Counter counter) => Interlocked.Increment(ref _values[(int)counter]);

    internal void CountWatchRequest() => Interlocked.Increment(ref _watchRequests);

    internal void Set(V2Counter counter, long value) => Interlocked.Exchange(ref _values[(int)counter], value);

    internal void Set(string name, long value)
    {
        int position = Array.IndexOf(Names, name);
        if (position >= 0)
        {
            Interlocked.Exchange(ref _values[position], value);
        }
    }

    internal void Replace(V2Statistics other)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            Interlocked.Exchange(ref _values[i], Interlocked.Read(ref other._values[i]));
        }
    }

    internal V2Statistics Copy()
    {
        var copy = new V2Statistics();
        copy.Replace(this);
        return copy;
    }
}
