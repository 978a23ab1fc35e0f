using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Api.Services.Coordination;

/// <summary>A place in a <see cref="WaitingLine"/>.</summary>
/// <param name="Line">What the keys of the line begin with.</param>
/// <param name="Key">The key that holds the place; it lives as long as its lease.</param>
/// <param name="Revision">Revision at which the key was created: the smallest of a line has its turn.</param>
/// <param name="IsFirst">Whether it was its turn at once.</param>
/// <param name="Header">Header of the transaction that took or found the place.</param>
internal sealed record Place(ByteString Line, ByteString Key, long Revision, bool IsFirst, ResponseHeader Header);
