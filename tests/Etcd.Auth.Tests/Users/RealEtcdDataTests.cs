using Etcd.Disk.Linux;
using Etcd.Mvcc;
using Etcd.Testing;

namespace Etcd.Auth.Tests.Users;

/// <summary>Users and roles that real etcd 3.4 and 3.5 stored.</summary>
public sealed class RealEtcdDataTests
{
    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full", false)]
    [InlineData("v35-full", true)]
    public void Open_FixtureOfRealEtcd_HasTheManifestsUsersRolesAndState(string name, bool enabled)
    {
        using var fixture = new DataDirectoryFixture(name);
        using Backend backend = Open(fixture);

        AuthView view = AuthStore.Open(backend, new SimpleTokens(TimeProvider.System, TimeSpan.FromMinutes(5)), new AuthStoreOptions()).View;

        Assert.Equal(enabled, view.IsEnabled);
        System.Text.Json.JsonElement expected = fixture.Manifest.GetProperty("auth");
        Assert.Equal(expected.GetProperty("users").EnumerateObject().Select(user => user.Name), view.Users.Keys);
        Assert.Equal(expected.GetProperty("roles").EnumerateObject().Select(role => role.Name), view.Roles.Keys);
        foreach (System.Text.Json.JsonProperty user in expected.GetProperty("users").EnumerateObject())
        {
            Assert.Equal(user.Value.EnumerateArray().Select(role => role.GetString()), view.Users[user.Name].Roles);
        }

        foreach (System.Text.Json.JsonProperty role in expected.GetProperty("roles").EnumerateObject())
        {
            Assert.Equal(role.Value.GetArrayLength(), view.Roles[role.Name].Permissions.Length);
        }

        if (expected.TryGetProperty("status", out System.Text.Json.JsonElement status))
        {
            Assert.Equal(ulong.Parse(status.GetProperty("authRevision").GetString()!, null), view.Revision);
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full")]
    [InlineData("v35-full")]
    public void Write_RecordsReadFromRealEtcd_GivesTheSameBytes(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        using Backend backend = Open(fixture);
        List<string> original = Dump(backend);
        Assert.NotEmpty(original);

        using (BackendView view = backend.View())
        {
            foreach (AuthUser user in AuthRecords.ReadUsers(view).Values)
            {
                AuthRecords.Write(backend, user);
            }

            foreach (AuthRole role in AuthRecords.ReadRoles(view).Values)
            {
                AuthRecords.Write(backend, role);
            }

            AuthRecords.WriteEnabled(backend, AuthRecords.ReadEnabled(view));
            AuthRecords.WriteRevision(backend, AuthRecords.ReadRevision(view));
        }

        Assert.Equal(original, Dump(backend));
        backend.EndEntry(backend.ConsistentIndex + 1, backend.ConsistentTerm);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full")]
    [InlineData("v35-full")]
    public void Verify_HashesThatGoMade_AcceptsTheRightPasswordOnly(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        using Backend backend = Open(fixture);
        using BackendView view = backend.View();
        IReadOnlyDictionary<string, AuthUser> users = AuthRecords.ReadUsers(view);

        Assert.True(Bcrypt.Verify("rootpw", users["root"].PasswordHash.Span));
        Assert.True(Bcrypt.Verify("pw2", users["alice"].PasswordHash.Span));
        Assert.False(Bcrypt.Verify("rootpw", users["alice"].PasswordHash.Span));
        Assert.False(Bcrypt.Verify("", users["nopw"].PasswordHash.Span));
    }

    private static Backend Open(DataDirectoryFixture fixture) => Backend.Open(
        LinuxFileSystem.Instance,
        Path.Combine(fixture.SnapDirectory, "db"),
        new BackendOptions { InitialMapBytes = 1 << 26, CommitsOnOwnThread = false });

    private static List<string> Dump(Backend backend)
    {
        var lines = new List<string>();
        using BackendView view = backend.View();
        foreach (BackendBucket bucket in (BackendBucket[])[BackendBucket.Auth, BackendBucket.AuthRoles, BackendBucket.AuthUsers])
        {
            BackendCursor cursor = view.Scan(bucket);
            while (cursor.MoveNext())
            {
                lines.Add($"{bucket} {Convert.ToHexString(cursor.Key)} {Convert.ToHexString(cursor.Value)}");
            }
        }

        return lines;
    }
}
