using System.Text;

using Etcd.Proxy.Clusters;

namespace Etcd.Proxy.Tests;

// The form is that of real etcd 3.5's proxy, which shares the register.
public sealed class ProxyRecordTests
{
    private const string FromRealEtcd = """{"Op":0,"Addr":"127.0.0.1:24792","Metadata":"{\"name\":\"vm\"}"}""";

    [Fact]
    public void ToBytes_Record_IsWhatRealEtcdWrites() =>
        Assert.Equal(FromRealEtcd, Encoding.UTF8.GetString(new ProxyRecord("127.0.0.1:24792", "vm").ToBytes()));

    [Fact]
    public void Read_RecordOfRealEtcd_IsUnderstood() =>
        Assert.Equal(new ProxyRecord("127.0.0.1:24792", "vm"), ProxyRecord.Read(Encoding.UTF8.GetBytes(FromRealEtcd)));

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("[1]")]
    [InlineData("""{"Addr":7}""")]
    [InlineData("""{"Addr":"a:1","Metadata":"broken {"}""")]
    public void Read_SomethingElse_IsNoRecord(string value) => Assert.Null(ProxyRecord.Read(Encoding.UTF8.GetBytes(value)));
}
