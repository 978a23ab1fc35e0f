using System.Text;

using Etcd.Mvcc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Auth.Tests;

/// <summary>An auth store on a simulated disk, with simple tokens on a clock that stands still.</summary>
internal sealed class AuthFixture : IDisposable, ILeasedKeys
{
    private readonly Dictionary<long, List<ReadOnlyMemory<byte>>> _leased = [];
    private ulong _raftIndex;

    public AuthFixture()
    {
        var disk = new SimulatedFileSystem(seed: 1);
        disk.CreateDirectory("/data");
        Backend = Backend.Open(disk, "/data/db", new BackendOptions { CommitsOnOwnThread = false });
        Tokens = new SimpleTokens(Time, SimpleTokens.TimeToLiveDefault);
        Store = AuthStore.Open(Backend, Tokens, new AuthStoreOptions { BcryptCost = Bcrypt.CostMin });
        Rules = new RequestRules(this);
    }

    public ManualTimeProvider Time { get; } = new();

    public Backend Backend { get; }

    public SimpleTokens Tokens { get; }

    public AuthStore Store { get; private set; }

    public RequestRules Rules { get; }

    public AuthView View => Store.View;

    /// <summary>A store with user root, authentication on.</summary>
    public static AuthFixture Enabled()
    {
        var fixture = new AuthFixture();
        fixture.AddUser("root");
        fixture.Store.AddRole("root");
        fixture.Store.GrantRole("root", "root");
        fixture.Store.Enable();
        return fixture;
    }

    public void AddUser(string name, params string[] roles)
    {
        Store.AddUser(new AuthUserAddRequest { Name = name, HashedPassword = Convert.ToBase64String("hash"u8) });
        foreach (string role in roles)
        {
            Store.GrantRole(name, role);
        }
    }

    /// <summary>A user with one permission of its own.</summary>
    public Caller UserWith(string name, Permission.Types.Type kind, string key, string rangeEnd = "")
    {
        Store.AddRole(name + "-role");
        Grant(name + "-role", kind, key, rangeEnd);
        AddUser(name, name + "-role");
        return As(name);
    }

    public void Grant(string role, Permission.Types.Type kind, string key, string rangeEnd = "") =>
        Store.GrantPermission(new AuthRoleGrantPermissionRequest
        {
            Name = role,
            Perm = new Permission { PermType = kind, Key = Bytes(key), RangeEnd = Bytes(rangeEnd) },
        });

    /// <summary>The user as it comes with a token recognised now.</summary>
    public Caller As(string name) => new(name, View.Revision);

    public void Attach(long lease, string key)
    {
        if (!_leased.TryGetValue(lease, out List<ReadOnlyMemory<byte>>? keys))
        {
            _leased[lease] = keys = [];
        }

        keys.Add(Encoding.UTF8.GetBytes(key));
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> KeysOf(long leaseId) =>
        _leased.TryGetValue(leaseId, out List<ReadOnlyMemory<byte>>? keys) ? keys : [];

    /// <summary>The same data, opened again.</summary>
    public void Reopen()
    {
        EndEntry();
        Backend.Commit();
        Store = AuthStore.Open(Backend, Tokens, new AuthStoreOptions());
    }

    public void EndEntry() => Backend.EndEntry(++_raftIndex, 1);

    public void Dispose()
    {
        EndEntry();
        Backend.Dispose();
    }

    public static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    public static EtcdErrorCode Refused(Action action) => Assert.Throws<EtcdException>(action).Code;
}
