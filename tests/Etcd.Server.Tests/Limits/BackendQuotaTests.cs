using Etcd.Mvcc;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Limits;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

namespace Etcd.Server.Tests.Limits;

public sealed class BackendQuotaTests : IDisposable
{
    private const int Percent = 90;

    private readonly Backend _backend = Backend.Open(new SimulatedFileSystem(), "/db", new BackendOptions { CommitsOnOwnThread = false });

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void HasRoomAgain_WhatWasRefusedWouldNotFit_KeepsTheAlarm()
    {
        var quota = new BackendQuota(_backend, 10 * _backend.SizeBytes);
        InternalRaftRequest large = PutOf(9 * _backend.SizeBytes);
        Assert.True(quota.HasRoomAgain(Percent));
        Assert.False(quota.HasRoomFor(large));

        quota.Refused(large);
        quota.Refused(PutOf(1));

        Assert.False(quota.HasRoomAgain(Percent));
    }

    [Fact]
    public void HasRoomAgain_WhatWasRefusedFits_LetsTheAlarmGo()
    {
        var quota = new BackendQuota(_backend, 10 * _backend.SizeBytes);

        quota.Refused(PutOf(8 * _backend.SizeBytes));

        Assert.True(quota.HasRoomAgain(Percent));
    }

    [Fact]
    public void HasRoomAgain_TheAlarmWasLoweredMeanwhile_CountsNothingFromBefore()
    {
        var quota = new BackendQuota(_backend, 10 * _backend.SizeBytes);
        quota.Refused(PutOf(9 * _backend.SizeBytes));

        quota.AlarmLowered();

        Assert.True(quota.HasRoomAgain(Percent));
    }

    [Fact]
    public void HasRoomAgain_WhatWasRefusedNeverFits_LetsTheAlarmGo()
    {
        var quota = new BackendQuota(_backend, 10 * _backend.SizeBytes);

        quota.Refused(PutOf(10 * _backend.SizeBytes));

        Assert.True(quota.HasRoomAgain(Percent));
    }

    private static InternalRaftRequest PutOf(long valueBytes) => new()
    {
        Put = new PutRequest { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[valueBytes]) },
    };
}
