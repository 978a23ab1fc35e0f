using System.Text;

using Etcd.Mvcc;
using Etcd.Server.Membership;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Server.Tests.Membership;

public sealed class DowngradeStoreTests : IDisposable
{
    private readonly Backend _backend;

    public DowngradeStoreTests()
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory("/d");
        _backend = Backend.Open(disk, "/d/db", new BackendOptions());
    }

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData("""{"target-version":"3.4.0","enabled":true}""", "3.4.0")]
    [InlineData("""{"target-version":"3.4.0","enabled":false}""", "")]
    [InlineData("""{"enabled":false}""", "")]
    public void Open_RecordOfEtcd_IsRead(string record, string target)
    {
        Put(record);

        Assert.Equal(target, new DowngradeStore(_backend).Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("\0\u0001")]
    [InlineData("[]")]
    [InlineData("""{"enabled":true}""")]
    [InlineData("""{"enabled":"yes"}""")]
    [InlineData("""{"target-version":7,"enabled":true}""")]
    public void Open_DamagedRecord_SaysWhichRecordItIs(string record)
    {
        Put(record);

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => new DowngradeStore(_backend));

        Assert.StartsWith("the record of a downgrade in bucket \"cluster\" cannot be read: ", refusal.Message, StringComparison.Ordinal);
    }

    private void Put(string record) => _backend.Put(BackendBucket.Cluster, "downgrade"u8.ToArray(), Encoding.UTF8.GetBytes(record));
}
