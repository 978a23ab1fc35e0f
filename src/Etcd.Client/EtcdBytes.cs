using Google.Protobuf;

namespace Etcd.Client;

/// <summary>A key or a value: bytes, written as text (UTF-8) where text is meant.</summary>
/// <remarks>Converts from <see cref="string"/>, <see cref="byte"/> arrays, <see cref="ReadOnlyMemory{T}"/> and <see cref="ByteString"/>, so
/// that calls take any of them. Bytes are not copied: do not change them while a call runs.</remarks>
public readonly struct EtcdBytes : IEquatable<EtcdBytes>
{
    private readonly ByteString? _bytes;

    /// <summary>Wraps bytes.</summary>
    public EtcdBytes(ByteString bytes) => _bytes = bytes;

    /// <summary>The bytes as protobuf messages carry them.</summary>
    public ByteString ByteString => _bytes ?? ByteString.Empty;

    /// <summary>UTF-8 of a text.</summary>
    public static implicit operator EtcdBytes(string text) => new(ByteString.CopyFromUtf8(text));

    /// <summary>The bytes of an array.</summary>
    public static implicit operator EtcdBytes(byte[] bytes) => new(UnsafeByteOperations.UnsafeWrap(bytes));

    /// <summary>The bytes of a memory block.</summary>
    public static implicit operator EtcdBytes(ReadOnlyMemory<byte> bytes) => new(UnsafeByteOperations.UnsafeWrap(bytes));

    /// <summary>The bytes of a message field, such as <c>KeyValue.Key</c>.</summary>
    public static implicit operator EtcdBytes(ByteString bytes) => new(bytes);

    /// <summary>Equal bytes.</summary>
    public static bool operator ==(EtcdBytes left, EtcdBytes right) => left.Equals(right);

    /// <summary>Different bytes.</summary>
    public static bool operator !=(EtcdBytes left, EtcdBytes right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(EtcdBytes other) => ByteString.Equals(other.ByteString);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EtcdBytes other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ByteString.GetHashCode();

    /// <summary>The bytes read as UTF-8.</summary>
    public override string ToString() => ByteString.ToStringUtf8();
}
