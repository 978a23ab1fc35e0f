using Etcd.Server.Bootstrap;

namespace Etcd.Server.Offline;

/// <summary>What a copy of a member's data directory is made of.</summary>
/// <param name="Source">The member's directory; it is not running.</param>
/// <param name="Target">Where the copy goes; its <c>snap</c> directory is missing or empty.</param>
/// <param name="WithDatabase">Takes the v3 data along; otherwise only what the v2 tree holds.</param>
public sealed record MemberBackupOptions(DataDirectory Source, DataDirectory Target, bool WithDatabase);
