using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>A read of the cluster whose answer may be kept.</summary>
/// <param name="Key">The key, as clients name it.</param>
/// <param name="Owned">Its place among the owned keys.</param>
/// <param name="Version">The version of that place when the read began.</param>
/// <param name="IsAcquisition">Whether the key is yet to become the proxy's.</param>
internal readonly record struct OwnedKeyRead(ByteString Key, OwnedKey Owned, long Version, bool IsAcquisition);
