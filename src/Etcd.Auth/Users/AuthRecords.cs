using System.Buffers.Binary;
using System.Collections.Immutable;

using Etcd.Mvcc;
using Etcd.Protocol.Auth;

using Google.Protobuf;

namespace Etcd.Auth;

/// <summary>Users, roles and the auth revision in the backend's buckets <c>auth</c>, <c>authUsers</c> and <c>authRoles</c>, in etcd's form.</summary>
/// <remarks>
/// <code>
/// auth       authEnabled   01 or 00; absent until the first enable
/// auth       authRevision  8 bytes, big-endian
/// authUsers  name          authpb.User
/// authRoles  name          authpb.Role
/// </code>
/// </remarks>
internal static class AuthRecords
{
    private static readonly ReadOnlyMemory<byte> EnabledKey = "authEnabled"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> RevisionKey = "authRevision"u8.ToArray();

    internal static bool ReadEnabled(in BackendView view) =>
        view.TryGet(BackendBucket.Auth, EnabledKey.Span, out ReadOnlySpan<byte> value) && value is [1];

    /// <summary>The auth revision; 0 when none was written yet.</summary>
    internal static ulong ReadRevision(in BackendView view) =>
        view.TryGet(BackendBucket.Auth, RevisionKey.Span, out ReadOnlySpan<byte> value) && value.Length == sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64BigEndian(value)
            : 0;

    internal static ImmutableSortedDictionary<string, AuthUser> ReadUsers(in BackendView view)
    {
        ImmutableSortedDictionary<string, AuthUser>.Builder users =
            ImmutableSortedDictionary.CreateBuilder<string, AuthUser>(NameOrder.Instance);
        BackendCursor cursor = view.Scan(BackendBucket.AuthUsers);
        while (cursor.MoveNext())
        {
            User record = User.Parser.ParseFrom(cursor.Value);
            string name = AuthName.FromBytes(record.Name.Span);
            users[name] = new AuthUser(name, record.Password, [.. record.Roles.Select(role => AuthName.FromBytes(role.Span))], record.Options?.NoPassword);
        }

        return users.ToImmutable();
    }

    internal static ImmutableSortedDictionary<string, AuthRole> ReadRoles(in BackendView view)
    {
        ImmutableSortedDictionary<string, AuthRole>.Builder roles =
            ImmutableSortedDictionary.CreateBuilder<string, AuthRole>(NameOrder.Instance);
        BackendCursor cursor = view.Scan(BackendBucket.AuthRoles);
        while (cursor.MoveNext())
        {
            Role record = Role.Parser.ParseFrom(cursor.Value);
            string name = AuthName.FromBytes(record.Name.Span);
            roles[name] = new AuthRole(
                name, [.. record.KeyPermission.Select(permission => new KeyPermission(permission.PermType, permission.Key, permission.RangeEnd))]);
        }

        return roles.ToImmutable();
    }

    internal static void WriteEnabled(Backend backend, bool enabled) =>
        backend.Put(BackendBucket.Auth, EnabledKey, new byte[] { enabled ? (byte)1 : (byte)0 });

    internal static void WriteRevision(Backend backend, ulong revision)
    {
        byte[] value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, revision);
        backend.Put(BackendBucket.Auth, RevisionKey, value);
    }

    internal static void Write(Backend backend, AuthUser user)
    {
        var record = new User { Name = ByteString.CopyFrom(AuthName.ToBytes(user.Name)), Password = user.PasswordHash };
        record.Roles.AddRange(user.Roles.Select(role => ByteString.CopyFrom(AuthName.ToBytes(role))));
        if (user.NoPassword is { } noPassword)
        {
            record.Options = new UserAddOptions { NoPassword = noPassword };
        }

        backend.Put(BackendBucket.AuthUsers, KeyOf(user.Name), record.ToByteArray());
    }

    internal static void Write(Backend backend, AuthRole role)
    {
        var record = new Role { Name = ByteString.CopyFrom(AuthName.ToBytes(role.Name)) };
        foreach (KeyPermission permission in role.Permissions)
        {
            record.KeyPermission.Add(
                new Permission { PermType = permission.Kind, Key = permission.Key, RangeEnd = permission.RangeEnd });
        }

        backend.Put(BackendBucket.AuthRoles, KeyOf(role.Name), record.ToByteArray());
    }

    internal static void DeleteUser(Backend backend, string name) => backend.Delete(BackendBucket.AuthUsers, KeyOf(name));

    internal static void DeleteRole(Backend backend, string name) => backend.Delete(BackendBucket.AuthRoles, KeyOf(name));

    private static byte[] KeyOf(string name) => AuthName.ToBytes(name);
}
