using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Load;

/// <summary>An encoded request in which only the digits of its keys change from one call to the next.</summary>
internal sealed class RequestTemplate
{
    private const byte KeyMark = (byte)'k';
    private const int MarkedDigit = 0x7f;

    private readonly byte[] _message;
    private readonly List<Slot> _slots = [];
    private readonly int _digits;

    private RequestTemplate(string path, IMessage message, int keyBytes)
    {
        Path = path;
        _message = message.ToByteArray();
        _digits = keyBytes - 1;
        FindSlots(PlaceholderKey(keyBytes, 0).Span, 0);
        FindSlots(PlaceholderKey(keyBytes, 1).Span, RangeKeys);
    }

    /// <summary>Keys that <see cref="Scenario.Range100"/> reads at a time.</summary>
    public const int RangeKeys = 100;

    /// <summary>Path of the gRPC method.</summary>
    public string Path { get; }

    public int Bytes => _message.Length;

    public static RequestTemplate For(LoadOptions options)
    {
        ByteString key = Placeholder(options.KeyBytes, 0);
        ByteString end = Placeholder(options.KeyBytes, 1);
        ByteString value = RandomValue(options.ValueBytes);
        (string path, IMessage message) = options.Scenario switch
        {
            Scenario.Put => ("/etcdserverpb.KV/Put", new PutRequest { Key = key, Value = value }),
            Scenario.Get => ("/etcdserverpb.KV/Range", new RangeRequest { Key = key }),
            Scenario.SerializableGet => ("/etcdserverpb.KV/Range", new RangeRequest { Key = key, Serializable = true }),
            Scenario.Range100 => ("/etcdserverpb.KV/Range", new RangeRequest { Key = key, RangeEnd = end }),
            Scenario.Txn => ("/etcdserverpb.KV/Txn", (IMessage)Transaction(key, value)),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Scenario, "not a scenario of single requests"),
        };
        return new RequestTemplate(path, message, options.KeyBytes);
    }

    /// <summary>The key with a number, as the templates write it.</summary>
    public static byte[] KeyOf(long number, int keyBytes)
    {
        byte[] key = new byte[keyBytes];
        key[0] = KeyMark;
        WriteDigits(key.AsSpan(1), number);
        return key;
    }

    /// <summary>Writes the request about key <paramref name="number"/>.</summary>
    public void Write(Span<byte> destination, long number)
    {
        _message.CopyTo(destination);
        foreach (Slot slot in _slots)
        {
            WriteDigits(destination.Slice(slot.Offset, _digits), number + slot.Distance);
        }
    }

    /// <summary>A value of random bytes, which no compression on the way could shorten.</summary>
    public static ByteString RandomValue(int bytes)
    {
        byte[] value = new byte[bytes];
        new Random(1).NextBytes(value);
        return UnsafeByteOperations.UnsafeWrap(value);
    }

    private static TxnRequest Transaction(ByteString key, ByteString value) => new()
    {
        Compare = { new Compare { Key = key, Target = Compare.Types.CompareTarget.Version, Result = Compare.Types.CompareResult.Greater, Version = -1 } },
        Success =
        {
            new RequestOp { RequestPut = new PutRequest { Key = key, Value = value } },
            new RequestOp { RequestRange = new RangeRequest { Key = key } },
        },
    };

    private static ByteString Placeholder(int keyBytes, int which) => UnsafeByteOperations.UnsafeWrap(PlaceholderKey(keyBytes, which));

    // Bytes that are no digits mark where the digits go; what is random beside them is checked not to look the same.
    private static ReadOnlyMemory<byte> PlaceholderKey(int keyBytes, int which)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keyBytes, 8);
        byte[] key = new byte[keyBytes];
        key.AsSpan().Fill((byte)(MarkedDigit - which));
        key[0] = KeyMark;
        return key;
    }

    private static void WriteDigits(Span<byte> destination, long number)
    {
        for (int index = destination.Length - 1; index >= 0; index--)
        {
            (number, long digit) = Math.DivRem(number, 10);
            destination[index] = (byte)('0' + digit);
        }
    }

    private void FindSlots(ReadOnlySpan<byte> placeholder, int distance)
    {
        int from = 0;
        for (int found; (found = _message.AsSpan(from).IndexOf(placeholder)) >= 0; from += found + placeholder.Length)
        {
            _slots.Add(new Slot(from + found + 1, distance));
        }
    }

    private readonly record struct Slot(int Offset, int Distance);
}
