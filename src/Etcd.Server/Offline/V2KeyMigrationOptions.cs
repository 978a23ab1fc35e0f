using Etcd.Server.Bootstrap;

namespace Etcd.Server.Offline;

/// <summary>Which keys of the v2 API become which keys of the v3 store.</summary>
/// <param name="Directory">The member's directory; it is not running.</param>
/// <param name="LeavesOutExpiring">Leaves out keys with a time to live, which would stay for ever.</param>
/// <param name="Transformer">Makes the keys; <see langword="null"/>: each file becomes a key of the same name and value.</param>
/// <param name="LockTimeout">How long to wait for the database's lock; <see langword="null"/>: as long as it takes.</param>
public sealed record V2KeyMigrationOptions(DataDirectory Directory, bool LeavesOutExpiring, V2Transformer? Transformer, TimeSpan? LockTimeout);
