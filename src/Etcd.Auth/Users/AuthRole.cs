using System.Collections.Immutable;

namespace Etcd.Auth;

/// <summary>One role as it is stored. Immutable: a change makes a new one.</summary>
/// <param name="Name">Name, not empty.</param>
/// <param name="Permissions">What it grants, ascending by key.</param>
public sealed record AuthRole(string Name, ImmutableArray<KeyPermission> Permissions);
