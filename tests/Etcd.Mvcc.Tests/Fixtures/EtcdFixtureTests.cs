using System.Text.Json;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Google.Protobuf;

namespace Etcd.Mvcc.Tests.Fixtures;

// Files written by real etcd 3.4.23 and 3.5.30, with what the real server answered over them.
public sealed class EtcdFixtureTests
{
    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full", "")]
    [InlineData("v35-full", "")]
    [InlineData("v34-restored", "after_real_start")]
    [InlineData("v35-restored", "after_real_start")]
    public void Range_FileOfRealEtcd_EqualsRealReplies(string name, string section)
    {
        using var fixture = new EtcdFixture(name);
        JsonElement manifest = section.Length == 0 ? fixture.Manifest : fixture.Manifest.GetProperty(section);

        AssertSame(manifest.GetProperty("get_all"), fixture.Store, revision: 0);
        foreach (JsonProperty past in manifest.GetProperty("history_range_all_at_rev").EnumerateObject())
        {
            AssertSame(past.Value, fixture.Store, long.Parse(past.Name));
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-kill9")]
    [InlineData("v35-kill9")]
    public void Range_FileOfKilledEtcd_HasThePrefixOfWhatRealEtcdRecovered(string name)
    {
        using var fixture = new EtcdFixture(name);
        long current = fixture.Store.CurrentRevision;
        var recovered = fixture.Manifest.GetProperty("after_real_recovery").GetProperty("get_all").GetProperty("kvs_rows").EnumerateArray()
            .Where(row => row[3].GetInt64() <= current)
            .Select(row => Line(row[0].GetBytesFromBase64(), row[1].GetBytesFromBase64(), row[2].GetInt64(), row[3].GetInt64(), row[4].GetInt64(), row[5].GetInt64()))
            .ToHashSet();

        var ours = GetAll(fixture.Store, 0).Kvs.Select(Line).ToHashSet();

        Assert.True(recovered.Count > 100);
        Assert.Subset(ours, recovered);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full", "")]
    [InlineData("v35-full", "")]
    [InlineData("v34-restored", "after_real_start")]
    [InlineData("v35-restored", "after_real_start")]
    public void HashByRevision_FileOfRealEtcd_EqualsRealHashes(string name, string section)
    {
        using var fixture = new EtcdFixture(name);
        JsonElement manifest = section.Length == 0 ? fixture.Manifest : fixture.Manifest.GetProperty(section);
        int compared = 0;
        foreach (JsonProperty entry in manifest.GetProperty("hashkv_by_rev").EnumerateObject())
        {
            long revision = long.Parse(entry.Name);
            if (entry.Value.ValueKind == JsonValueKind.Object)
            {
                // Etcd 3.4.23 refuses the compact revision itself, newer ones hash it: ours is a newer one.
                if (revision != fixture.Store.CompactRevision)
                {
                    Assert.Equal(EtcdErrorCode.Compacted, Assert.Throws<EtcdException>(() => fixture.Store.HashByRevision(revision)).Code);
                }

                continue;
            }

            JsonElement real = entry.Value[0].GetProperty("HashKV");
            long realCompact = real.GetProperty("compact_revision").GetInt64();
            if (realCompact != fixture.Store.CompactRevision)
            {
                // The server's cached compaction hash: it cannot be recomputed from the file.
                continue;
            }

            HashKvResult ours = fixture.Store.HashByRevision(revision);
            Assert.Equal((real.GetProperty("hash").GetUInt32(), realCompact), (ours.Hash, ours.CompactRevision));
            Assert.Equal(real.GetProperty("header").GetProperty("revision").GetInt64(), ours.CurrentRevision);
            compared++;
        }

        Assert.True(compared >= 2);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full")]
    [InlineData("v35-full")]
    public void LeaseKeys_FileOfRealEtcd_AreThoseRealEtcdTells(string name)
    {
        using var fixture = new EtcdFixture(name);

        foreach (JsonProperty lease in fixture.Manifest.GetProperty("lease_keys").EnumerateObject())
        {
            JsonElement keys = lease.Value.GetProperty("keys");
            IEnumerable<string> real = keys.ValueKind == JsonValueKind.Null ? []
                : keys.EnumerateArray().Select(key => System.Text.Encoding.Latin1.GetString(key.GetBytesFromBase64()));
            Assert.Equal(real.Order(StringComparer.Ordinal), fixture.Leases.KeysOf(Convert.ToInt64(lease.Name, 16)));
        }
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full")]
    [InlineData("v35-full")]
    public void Hash_FileOfRealEtcd_EqualsRealHash(string name)
    {
        using var fixture = new EtcdFixture(name);

        Assert.Equal(fixture.Manifest.GetProperty("hash").GetProperty("hash").GetUInt32(), fixture.Backend.Hash());
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [InlineData("v34-full")]
    [InlineData("v35-full")]
    public void ConsistentIndex_FileOfRealEtcd_IsRead(string name)
    {
        using var fixture = new EtcdFixture(name);
        JsonElement meta = fixture.Manifest.GetProperty("offline").GetProperty("db").GetProperty("meta");

        Assert.Equal(meta.GetProperty("consistent_index").GetUInt64(), fixture.Backend.ConsistentIndex);
        Assert.Equal(meta.TryGetProperty("term", out JsonElement term) ? term.GetUInt64() : 0, fixture.Backend.ConsistentTerm);
    }

    private static void AssertSame(JsonElement real, MvccStore store, long revision)
    {
        if (real.TryGetProperty("code", out _))
        {
            Assert.Equal(EtcdErrorCode.Compacted, Assert.Throws<EtcdException>(() => GetAll(store, revision)).Code);
            return;
        }

        RangeResponse ours = GetAll(store, revision);
        Assert.Equal(real.GetProperty("kvs").EnumerateArray().Select(Line), ours.Kvs.Select(Line));
        Assert.Equal(Number(real, "count"), ours.Count);
        Assert.Equal(Number(real.GetProperty("header"), "revision"), ours.Header.Revision);
    }

    private static RangeResponse GetAll(MvccStore store, long revision)
    {
        ByteString zero = ByteString.CopyFrom(0);
        using RangeReply reply = store.Range(new RangeRequest { Key = zero, RangeEnd = zero, Revision = revision });
        return reply.ToMessage();
    }

    private static string Line(JsonElement pair) => Line(
        pair.GetProperty("key").GetBytesFromBase64(),
        pair.TryGetProperty("value", out JsonElement value) ? value.GetBytesFromBase64() : [],
        Number(pair, "create_revision"),
        Number(pair, "mod_revision"),
        Number(pair, "version"),
        Number(pair, "lease"));

    private static string Line(KeyValue pair) => Line(
        pair.Key.ToByteArray(), pair.Value.ToByteArray(), pair.CreateRevision, pair.ModRevision, pair.Version, pair.Lease);

    private static string Line(byte[] key, byte[] value, long create, long mod, long version, long lease) =>
        $"{Convert.ToHexString(key)}={Convert.ToHexString(value)} c{create} m{mod} v{version} l{lease}";

    private static long Number(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out JsonElement number))
        {
            return 0;
        }

        return number.ValueKind == JsonValueKind.String ? long.Parse(number.GetString()!) : number.GetInt64();
    }
}
