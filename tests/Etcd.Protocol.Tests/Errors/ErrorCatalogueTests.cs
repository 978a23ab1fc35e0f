using Etcd.Protocol.Errors;

namespace Etcd.Protocol.Tests.Errors;

// Codes and texts are those of etcd 3.5.30; the HTTP status is what the JSON gateway of etcd 3.5 answers.
public sealed class ErrorCatalogueTests
{
    [Fact]
    public void Describe_EveryCode_IsItsOwnRowWithATextNoOtherHas()
    {
        EtcdErrorCode[] codes = Enum.GetValues<EtcdErrorCode>();

        Assert.Equal(codes.Length, ErrorCatalogue.All.Count);
        Assert.All(codes, code => Assert.Equal(code, ErrorCatalogue.Describe(code).Code));

        // gRPC clients are told the same of a member that was removed and of one that never was.
        Assert.Equal(ErrorCatalogue.Describe(EtcdErrorCode.MemberNotFound).Text, ErrorCatalogue.Describe(EtcdErrorCode.MemberRemoved).Text);
        EtcdErrorCode[] told = [.. codes.Where(code => code != EtcdErrorCode.MemberRemoved)];
        Assert.Equal(told.Length, ErrorCatalogue.All.Select(row => row.Text).Distinct().Count());
        Assert.All(told, code => Assert.Equal(code, ErrorCatalogue.FindByText(ErrorCatalogue.Describe(code).Text)?.Code));
        Assert.Null(ErrorCatalogue.FindByText("etcdserver: no such text"));
    }

    [Theory]
    [InlineData(EtcdErrorCode.EmptyKey, 3, "etcdserver: key is not provided", 400)]
    [InlineData(EtcdErrorCode.Compacted, 11, "etcdserver: mvcc: required revision has been compacted", 400)]
    [InlineData(EtcdErrorCode.FutureRevision, 11, "etcdserver: mvcc: required revision is a future revision", 400)]
    [InlineData(EtcdErrorCode.NoSpace, 8, "etcdserver: mvcc: database space exceeded", 429)]
    [InlineData(EtcdErrorCode.LeaseNotFound, 5, "etcdserver: requested lease not found", 404)]
    [InlineData(EtcdErrorCode.LeaseExists, 9, "etcdserver: lease already exists", 400)]
    [InlineData(EtcdErrorCode.PermissionDenied, 7, "etcdserver: permission denied", 403)]
    [InlineData(EtcdErrorCode.InvalidAuthToken, 16, "etcdserver: invalid auth token", 401)]
    [InlineData(EtcdErrorCode.NoLeader, 14, "etcdserver: no leader", 503)]
    [InlineData(EtcdErrorCode.Corrupt, 15, "etcdserver: corrupt cluster", 500)]
    [InlineData(EtcdErrorCode.RequestCanceled, 1, "etcdserver: request canceled", 408)]
    [InlineData(EtcdErrorCode.DeadlineExceeded, 4, "etcdserver: context deadline exceeded", 504)]
    [InlineData(EtcdErrorCode.DuplicateWatchId, 1, "mvcc: duplicate watch ID provided on the WatchStream", 408)]
    public void Describe_Code_IsWhatEtcdSends(EtcdErrorCode code, int grpcStatus, string text, int httpStatus)
    {
        Assert.Equal(new ErrorDescription(code, grpcStatus, text, httpStatus), ErrorCatalogue.Describe(code));
        Assert.Equal(text, new EtcdException(code).Message);
    }
}
