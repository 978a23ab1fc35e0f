using Etcd.Protocol.Auth;

using Google.Protobuf;

namespace Etcd.Auth;

/// <summary>What a role grants on a range of keys.</summary>
/// <param name="Kind">Read, write or both.</param>
/// <param name="Key">First key.</param>
/// <param name="RangeEnd">Empty for the one key, one zero byte for all keys from <paramref name="Key"/> on, else the first key behind the range.</param>
public readonly record struct KeyPermission(Permission.Types.Type Kind, ByteString Key, ByteString RangeEnd)
{
    /// <summary>Whether it allows reading.</summary>
    public bool AllowsRead => Kind is Permission.Types.Type.Read or Permission.Types.Type.Readwrite;

    /// <summary>Whether it allows writing.</summary>
    public bool AllowsWrite => Kind is Permission.Types.Type.Write or Permission.Types.Type.Readwrite;

    /// <summary>Whether it is for exactly this range.</summary>
    public bool IsFor(ByteString key, ByteString rangeEnd) => Key.Equals(key) && RangeEnd.Equals(rangeEnd);
}
