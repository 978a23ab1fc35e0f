namespace Etcd.Auth;

/// <summary>Tells which keys hang on a lease: who may not write one of them must neither revoke the lease nor add keys to it.</summary>
public interface ILeasedKeys
{
    /// <summary>Keys attached to a lease.</summary>
    /// <returns>Empty for a lease without keys, and for one that does not exist.</returns>
    IReadOnlyList<ReadOnlyMemory<byte>> KeysOf(long leaseId);
}
