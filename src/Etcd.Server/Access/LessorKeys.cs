using Etcd.Auth;
using Etcd.Lease;

namespace Etcd.Server.Access;

/// <summary>Tells the rules which keys hang on a lease.</summary>
internal sealed class LessorKeys(Lessor lessor) : ILeasedKeys
{
    /// <inheritdoc />
    public IReadOnlyList<ReadOnlyMemory<byte>> KeysOf(long leaseId) => lessor.TimeToLive(leaseId, withKeys: true)?.Keys ?? [];
}
