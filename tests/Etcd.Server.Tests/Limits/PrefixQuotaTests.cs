using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server.Limits.Prefixes;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Limits;

public sealed class PrefixQuotaTests : IAsyncLifetime
{
    private readonly SimulatedFileSystem _disk = new();
    private TestMember _member = null!;

    private PrefixQuotas Quotas => _member.Server.Quotas;

    public async ValueTask InitializeAsync() => _member = await TestMember.StartAsync(_disk);

    public ValueTask DisposeAsync() => _member.DisposeAsync();

    [Fact]
    public async Task Put_BeyondTheKeysOfAPrefix_IsRefusedUntilOneIsDeleted()
    {
        await SetAsync(Quota("/a/", keys: 2));
        await _member.PutAsync("/a/1", "x");
        await _member.PutAsync("/a/2", "x");

        EtcdException refusal = await RefusedAsync(() => _member.PutAsync("/a/3", "x"));
        await _member.PutAsync("/a/2", "a longer one");
        await _member.PutAsync("/b/1", "x");
        await DeleteAsync("/a/1", end: null);
        await _member.PutAsync("/a/3", "x");

        Assert.Equal("etcdserver: quota of the prefix exceeded: \"/a/\" has 2 of 2 keys, and the request needs more", refusal.Message);
        Assert.Equal((2L, 4L + 12 + 4 + 1), Used("/a/"));
    }

    [Fact]
    public async Task Put_OverAKey_CountsTheDifference()
    {
        await SetAsync(Quota("/a/", bytes: 100));
        await _member.PutAsync("/a/1", new string('x', 96));

        await RefusedAsync(() => _member.PutAsync("/a/1", new string('x', 97)));
        await _member.PutAsync("/a/1", new string('x', 50));
        await _member.PutAsync("/a/2", new string('x', 42));
        await RefusedAsync(() => _member.PutAsync("/a/3", ""));

        Assert.Equal((2L, 100L), Used("/a/"));
    }

    // A quota may be set below what is there, and whoever is over it must be able to get below.
    [Fact]
    public async Task Put_OverTheQuotaAlready_MayShrink()
    {
        await _member.PutAsync("/a/1", new string('x', 96));
        await SetAsync(Quota("/a/", bytes: 10));

        await RefusedAsync(() => _member.PutAsync("/a/1", new string('y', 97)));
        await _member.PutAsync("/a/1", new string('y', 95));

        Assert.Equal((1L, 99L), Used("/a/"));
    }

    [Fact]
    public async Task Set_KeysAreThere_AreCountedFirst()
    {
        for (int key = 0; key < 2500; key++)
        {
            await _member.PutAsync($"/a/{key:0000}", "12345");
        }

        await _member.PutAsync("/a", "no");
        await _member.PutAsync("/a0", "no");
        await SetAsync(Quota("/a/", keys: 2500), Quota("/a/2", keys: 0, bytes: 1_000_000));

        Assert.Equal((2500L, 2500L * 12), Used("/a/"));
        Assert.Equal((500L, 500L * 12), Used("/a/2"));
        await RefusedAsync(() => _member.PutAsync("/a/x", ""));
    }

    // Quotas live in no file of the member: its host sets them at each start, and what is there is counted anew.
    [Fact]
    public async Task Restart_KeysAreThere_AreCountedAgain()
    {
        await SetAsync(Quota("/a/", keys: 2));
        await _member.PutAsync("/a/1", "x");
        await _member.DisposeAsync();
        _member = await TestMember.StartAsync(_disk);

        await SetAsync(Quota("/a/", keys: 2));

        Assert.Equal((1L, 5L), Used("/a/"));
    }

    [Fact]
    public async Task Txn_NestedPuts_CountInTheLargerBranchAndForEveryPrefix()
    {
        await SetAsync(Quota("/a/", keys: 3), Quota("/a/b/", keys: 1));
        var nested = new TxnRequest { Failure = { Put("/a/b/1"), Put("/a/2") } };
        var txn = new TxnRequest { Success = { Put("/a/1"), new RequestOp { RequestTxn = nested } } };

        // What would run is the empty branch of the nested one; what counts is what could.
        await _member.Server.KeyValues.TxnAsync(txn, CancellationToken.None);
        Assert.Equal((1L, 5L), Used("/a/"));
        EtcdException outer = await RefusedAsync(() => _member.Server.KeyValues.TxnAsync(
            new TxnRequest { Success = { Put("/a/2"), Put("/a/3"), Put("/a/4") } }, CancellationToken.None).AsTask());
        EtcdException inner = await RefusedAsync(() => _member.Server.KeyValues.TxnAsync(
            new TxnRequest { Success = { Put("/a/b/1"), Put("/a/b/2") } }, CancellationToken.None).AsTask());
        await _member.Server.KeyValues.TxnAsync(new TxnRequest { Success = { Put("/a/2"), Put("/a/3") } }, CancellationToken.None);

        Assert.Contains("\"/a/\" has 1 of 3 keys", outer.Message, StringComparison.Ordinal);
        Assert.Contains("\"/a/b/\" has 0 of 1 keys", inner.Message, StringComparison.Ordinal);
        Assert.Equal((3L, 15L), Used("/a/"));
    }

    [Fact]
    public async Task Lease_Ends_GivesTheRoomOfItsKeysBack()
    {
        await SetAsync(Quota("/a/", keys: 1));
        await _member.Server.Leases.GrantAsync(new LeaseGrantRequest { ID = 7, TTL = 600 });
        await _member.PutAsync("/a/1", "x", lease: 7);
        await RefusedAsync(() => _member.PutAsync("/a/2", "x"));

        await _member.Server.Leases.RevokeAsync(new LeaseRevokeRequest { ID = 7 });

        Assert.Equal((0L, 0L), Used("/a/"));
        await _member.PutAsync("/a/2", "x");
    }

    [Fact]
    public async Task Set_OthersOrNone_TakeThePlaceOfThoseBefore()
    {
        await SetAsync(Quota("/a/", keys: 1));
        await _member.PutAsync("/a/1", "x");
        await SetAsync(Quota("/b/", keys: 1));
        await _member.PutAsync("/a/2", "x");
        Assert.Equal("\"/b/\"", Assert.Single(Quotas.Usage).Prefix);

        await SetAsync();

        await _member.PutAsync("/b/1", "x");
        await _member.PutAsync("/b/2", "x");
        Assert.Empty(Quotas.Usage);
    }

    // Counting goes on beside writes: what it saw and what was told must come to what is there.
    [Fact]
    public async Task Set_WhileKeysAreWrittenAndDeleted_CountsExactly()
    {
        using var stop = new CancellationTokenSource();
        Task writing = Task.Run(
            async () =>
            {
                for (int write = 0; !stop.IsCancellationRequested; write++)
                {
                    await _member.PutAsync($"/a/{write % 97}", new string('x', write % 13));
                    await DeleteAsync($"/a/{write % 31}", end: null);
                }
            },
            TestContext.Current.CancellationToken);
        for (int time = 0; time < 20; time++)
        {
            await SetAsync(Quota("/a/", keys: 1000));
        }

        await stop.CancelAsync();
        await writing;

        RangeResponse all = await _member.AllAsync();
        Assert.Equal((all.Kvs.Count, all.Kvs.Sum(pair => (long)pair.Key.Length + pair.Value.Length)), Used("/a/"));
    }

    [Fact]
    public async Task Put_ManyAtOnce_NeverGoBeyondTheQuotaOfOneMember()
    {
        await SetAsync(Quota("/a/", keys: 10));

        bool[] written = await Task.WhenAll(Enumerable.Range(0, 200).Select(key => Task.Run(async () =>
        {
            try
            {
                await _member.PutAsync($"/a/{key}", "x");
                return true;
            }
            catch (EtcdException refusal) when (refusal.Code == EtcdErrorCode.PrefixQuotaExceeded)
            {
                return false;
            }
        })));

        Assert.InRange(written.Count(isWritten => isWritten), 1, 10);
        Assert.Equal(written.Count(isWritten => isWritten), Used("/a/").Keys);
    }

    private static PrefixQuota Quota(string prefix, long keys = 0, long bytes = 0) => new(ByteString.CopyFromUtf8(prefix).Memory, keys, bytes);

    private static RequestOp Put(string key) =>
        new() { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8("x"[..(key.Length == 4 ? 1 : 0)]) } };

    private static async Task<EtcdException> RefusedAsync(Func<Task> call)
    {
        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(call);
        Assert.Equal(EtcdErrorCode.PrefixQuotaExceeded, refusal.Code);
        return refusal;
    }

    private Task SetAsync(params PrefixQuota[] quotas) => Quotas.SetAsync(quotas);

    private async Task DeleteAsync(string key, string? end) => await _member.Server.KeyValues.DeleteRangeAsync(
        new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(end ?? "") });

    private (long Keys, long Bytes) Used(string prefix)
    {
        PrefixUsage usage = Quotas.Usage.Single(usage => usage.Prefix == $"\"{prefix}\"");
        return (usage.Keys, usage.Bytes);
    }
}
