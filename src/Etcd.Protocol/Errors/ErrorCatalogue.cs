using System.Collections.Frozen;

namespace Etcd.Protocol.Errors;

/// <summary>The table of client-visible errors: gRPC status, text and HTTP status of each <see cref="EtcdErrorCode"/>.</summary>
/// <remarks>
/// Texts and codes are those of etcd 3.5; clients match on both. The three errors that later minors moved from
/// Unavailable to FailedPrecondition (not capable, learner, cluster version) keep 3.5's code, the version we report.
/// </remarks>
public static class ErrorCatalogue
{
    private const int Canceled = 1;
    private const int Unknown = 2;
    private const int InvalidArgument = 3;
    private const int DeadlineExceeded = 4;
    private const int NotFound = 5;
    private const int PermissionDenied = 7;
    private const int ResourceExhausted = 8;
    private const int FailedPrecondition = 9;
    private const int OutOfRange = 11;
    private const int Unavailable = 14;
    private const int DataLoss = 15;
    private const int Unauthenticated = 16;

    private static readonly ErrorDescription[] Rows =
    [
        Row(EtcdErrorCode.EmptyKey, InvalidArgument, "etcdserver: key is not provided"),
        Row(EtcdErrorCode.KeyNotFound, InvalidArgument, "etcdserver: key not found"),
        Row(EtcdErrorCode.ValueProvided, InvalidArgument, "etcdserver: value is provided"),
        Row(EtcdErrorCode.LeaseProvided, InvalidArgument, "etcdserver: lease is provided"),
        Row(EtcdErrorCode.TooManyOps, InvalidArgument, "etcdserver: too many operations in txn request"),
        Row(EtcdErrorCode.DuplicateKey, InvalidArgument, "etcdserver: duplicate key given in txn request"),
        Row(EtcdErrorCode.InvalidClientApiVersion, InvalidArgument, "etcdserver: invalid client api version"),
        Row(EtcdErrorCode.InvalidSortOption, InvalidArgument, "etcdserver: invalid sort option"),
        Row(EtcdErrorCode.InvalidRequestOption, InvalidArgument, "etcdserver: invalid request option"),
        Row(EtcdErrorCode.Compacted, OutOfRange, "etcdserver: mvcc: required revision has been compacted"),
        Row(EtcdErrorCode.FutureRevision, OutOfRange, "etcdserver: mvcc: required revision is a future revision"),
        Row(EtcdErrorCode.NoSpace, ResourceExhausted, "etcdserver: mvcc: database space exceeded"),
        Row(EtcdErrorCode.LeaseNotFound, NotFound, "etcdserver: requested lease not found"),
        Row(EtcdErrorCode.LeaseExists, FailedPrecondition, "etcdserver: lease already exists"),
        Row(EtcdErrorCode.LeaseTtlTooLarge, OutOfRange, "etcdserver: too large lease TTL"),
        Row(EtcdErrorCode.WatchCanceled, Canceled, "etcdserver: watch canceled"),
        Row(EtcdErrorCode.DuplicateWatchId, Canceled, "mvcc: duplicate watch ID provided on the WatchStream"),
        Row(EtcdErrorCode.EmptyWatcherRange, Canceled, "mvcc: watcher range is empty"),
        Row(EtcdErrorCode.MemberExists, FailedPrecondition, "etcdserver: member ID already exist"),
        Row(EtcdErrorCode.PeerUrlExists, FailedPrecondition, "etcdserver: Peer URLs already exists"),
        Row(EtcdErrorCode.MemberNotEnoughStarted, FailedPrecondition, "etcdserver: re-configuration failed due to not enough started members"),
        Row(EtcdErrorCode.MemberBadUrls, InvalidArgument, "etcdserver: given member URLs are invalid"),
        Row(EtcdErrorCode.MemberNotFound, NotFound, "etcdserver: member not found"),
        Row(EtcdErrorCode.MemberRemoved, NotFound, "etcdserver: member not found"),
        Row(EtcdErrorCode.MemberNotLearner, FailedPrecondition, "etcdserver: can only promote a learner member"),
        Row(EtcdErrorCode.LearnerNotReady, FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader"),
        Row(EtcdErrorCode.TooManyLearners, FailedPrecondition, "etcdserver: too many learner members in cluster"),
        Row(EtcdErrorCode.ClusterIdMismatch, FailedPrecondition, "etcdserver: cluster ID mismatch"),
        Row(EtcdErrorCode.RequestTooLarge, InvalidArgument, "etcdserver: request is too large"),
        Row(EtcdErrorCode.TooManyRequests, ResourceExhausted, "etcdserver: too many requests"),
        Row(EtcdErrorCode.RootUserNotExist, FailedPrecondition, "etcdserver: root user does not exist"),
        Row(EtcdErrorCode.RootRoleNotExist, FailedPrecondition, "etcdserver: root user does not have root role"),
        Row(EtcdErrorCode.UserAlreadyExists, FailedPrecondition, "etcdserver: user name already exists"),
        Row(EtcdErrorCode.UserEmpty, InvalidArgument, "etcdserver: user name is empty"),
        Row(EtcdErrorCode.UserNotFound, FailedPrecondition, "etcdserver: user name not found"),
        Row(EtcdErrorCode.RoleAlreadyExists, FailedPrecondition, "etcdserver: role name already exists"),
        Row(EtcdErrorCode.RoleNotFound, FailedPrecondition, "etcdserver: role name not found"),
        Row(EtcdErrorCode.RoleEmpty, InvalidArgument, "etcdserver: role name is empty"),
        Row(EtcdErrorCode.AuthFailed, InvalidArgument, "etcdserver: authentication failed, invalid user ID or password"),
        Row(EtcdErrorCode.PermissionNotGiven, InvalidArgument, "etcdserver: permission not given"),
        Row(EtcdErrorCode.PermissionDenied, PermissionDenied, "etcdserver: permission denied"),
        Row(EtcdErrorCode.RoleNotGranted, FailedPrecondition, "etcdserver: role is not granted to the user"),
        Row(EtcdErrorCode.PermissionNotGranted, FailedPrecondition, "etcdserver: permission is not granted to the role"),
        Row(EtcdErrorCode.AuthNotEnabled, FailedPrecondition, "etcdserver: authentication is not enabled"),
        Row(EtcdErrorCode.InvalidAuthToken, Unauthenticated, "etcdserver: invalid auth token"),
        Row(EtcdErrorCode.InvalidAuthManagement, InvalidArgument, "etcdserver: invalid auth management"),
        Row(EtcdErrorCode.AuthOldRevision, InvalidArgument, "etcdserver: revision of auth store is old"),
        Row(EtcdErrorCode.NoLeader, Unavailable, "etcdserver: no leader"),
        Row(EtcdErrorCode.NotLeader, FailedPrecondition, "etcdserver: not leader"),
        Row(EtcdErrorCode.LeaderChanged, Unavailable, "etcdserver: leader changed"),
        Row(EtcdErrorCode.NotCapable, Unavailable, "etcdserver: not capable"),
        Row(EtcdErrorCode.Stopped, Unavailable, "etcdserver: server stopped"),
        Row(EtcdErrorCode.Timeout, Unavailable, "etcdserver: request timed out"),
        Row(EtcdErrorCode.TimeoutDueToLeaderFail, Unavailable, "etcdserver: request timed out, possibly due to previous leader failure"),
        Row(EtcdErrorCode.TimeoutDueToConnectionLost, Unavailable, "etcdserver: request timed out, possibly due to connection lost"),
        Row(EtcdErrorCode.TimeoutWaitAppliedIndex, Unavailable, "etcdserver: request timed out, waiting for the applied index took too long"),
        Row(EtcdErrorCode.TimeoutLeaderTransfer, Unknown, "etcdserver: request timed out, leader transfer took too long"),
        Row(EtcdErrorCode.Unhealthy, Unavailable, "etcdserver: unhealthy cluster"),
        Row(EtcdErrorCode.Corrupt, DataLoss, "etcdserver: corrupt cluster"),
        Row(EtcdErrorCode.NotSupportedForLearner, Unavailable, "etcdserver: rpc not supported for learner"),
        Row(EtcdErrorCode.BadLeaderTransferee, FailedPrecondition, "etcdserver: bad leader transferee"),
        Row(EtcdErrorCode.ClusterVersionUnavailable, Unavailable, "etcdserver: cluster version not found during downgrade"),
        Row(EtcdErrorCode.WrongDowngradeVersionFormat, InvalidArgument, "etcdserver: wrong downgrade target version format"),
        Row(EtcdErrorCode.InvalidDowngradeTargetVersion, InvalidArgument, "etcdserver: invalid downgrade target version"),
        Row(EtcdErrorCode.DowngradeInProcess, FailedPrecondition, "etcdserver: cluster has a downgrade job in progress"),
        Row(EtcdErrorCode.NoInflightDowngrade, FailedPrecondition, "etcdserver: no inflight downgrade job"),
        Row(EtcdErrorCode.RequestCanceled, Canceled, "etcdserver: request canceled"),
        Row(EtcdErrorCode.DeadlineExceeded, DeadlineExceeded, "etcdserver: context deadline exceeded"),
        Row(EtcdErrorCode.ReplyMemoryExceeded, ResourceExhausted, "etcdserver: not enough memory for the reply"),
        Row(EtcdErrorCode.RateLimited, ResourceExhausted, "etcdserver: rate limit exceeded"),
        Row(EtcdErrorCode.PrefixQuotaExceeded, ResourceExhausted, "etcdserver: quota of the prefix exceeded"),
    ];

    // Where two errors look the same to clients, a client takes them for the first.
    private static readonly FrozenDictionary<string, ErrorDescription> RowsByText =
        Rows.DistinctBy(row => row.Text).ToFrozenDictionary(row => row.Text, StringComparer.Ordinal);

    /// <summary>Every error, in the order of <see cref="EtcdErrorCode"/>.</summary>
    public static IReadOnlyList<ErrorDescription> All => Rows;

    /// <summary>Status and text of an error.</summary>
    public static ErrorDescription Describe(EtcdErrorCode code) => Rows[(int)code];

    /// <summary>Finds the error with exactly this text, as a client that received it does.</summary>
    /// <returns><see langword="null"/> when the text is none of the catalogue's.</returns>
    public static ErrorDescription? FindByText(string text) => RowsByText.GetValueOrDefault(text);

    /// <summary>HTTP status that the JSON gateway of etcd 3.5 answers for a gRPC status code.</summary>
    public static int HttpStatusOf(int grpcStatus) => grpcStatus switch
    {
        0 => 200,
        Canceled => 408,
        InvalidArgument or FailedPrecondition or OutOfRange => 400,
        DeadlineExceeded => 504,
        NotFound => 404,
        6 or 10 => 409,
        PermissionDenied => 403,
        ResourceExhausted => 429,
        12 => 501,
        Unavailable => 503,
        Unauthenticated => 401,
        _ => 500,
    };

    private static ErrorDescription Row(EtcdErrorCode code, int grpcStatus, string text) =>
        new(code, grpcStatus, text, HttpStatusOf(grpcStatus));
}
