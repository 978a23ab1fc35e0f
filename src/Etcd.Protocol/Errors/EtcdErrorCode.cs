namespace Etcd.Protocol.Errors;

/// <summary>Every error a client of the API can be told. <see cref="ErrorCatalogue"/> has status and text of each.</summary>
public enum EtcdErrorCode
{
    /// <summary>The request carries no key.</summary>
    EmptyKey,

    /// <summary>An ignore flag was set for a key that does not exist.</summary>
    KeyNotFound,

    /// <summary>A value came together with ignore_value.</summary>
    ValueProvided,

    /// <summary>A lease came together with ignore_lease.</summary>
    LeaseProvided,

    /// <summary>A transaction has more operations than the limit.</summary>
    TooManyOps,

    /// <summary>One branch of a transaction changes a key twice.</summary>
    DuplicateKey,

    /// <summary>The client-api-version metadata is not a version.</summary>
    InvalidClientApiVersion,

    /// <summary>A range names an unknown sort order or target.</summary>
    InvalidSortOption,

    /// <summary>Another enum of a request has an unknown value; the text is our own, etcd has none (incident #13554).</summary>
    InvalidRequestOption,

    /// <summary>The revision lies before the compaction.</summary>
    Compacted,

    /// <summary>The revision was not reached yet.</summary>
    FutureRevision,

    /// <summary>The backend quota is used up.</summary>
    NoSpace,

    /// <summary>No lease has this id.</summary>
    LeaseNotFound,

    /// <summary>A lease with this id exists.</summary>
    LeaseExists,

    /// <summary>The lease TTL is above 9,000,000,000 seconds.</summary>
    LeaseTtlTooLarge,

    /// <summary>The watch stream was cancelled.</summary>
    WatchCanceled,

    /// <summary>A watch id is used twice on one stream; told as cancel reason.</summary>
    DuplicateWatchId,

    /// <summary>A watch covers no key; told as cancel reason.</summary>
    EmptyWatcherRange,

    /// <summary>A member with this id exists.</summary>
    MemberExists,

    /// <summary>A member with one of these peer URLs exists.</summary>
    PeerUrlExists,

    /// <summary>The membership change would leave too few started members.</summary>
    MemberNotEnoughStarted,

    /// <summary>A member URL cannot be parsed.</summary>
    MemberBadUrls,

    /// <summary>No member has this id.</summary>
    MemberNotFound,

    /// <summary>The member was removed for good. gRPC clients are told the same as for <see cref="MemberNotFound"/>; the v2 API answers 410.</summary>
    MemberRemoved,

    /// <summary>Only a learner can be promoted.</summary>
    MemberNotLearner,

    /// <summary>The learner lags behind the leader.</summary>
    LearnerNotReady,

    /// <summary>The cluster has its full number of learners.</summary>
    TooManyLearners,

    /// <summary>The request names another cluster.</summary>
    ClusterIdMismatch,

    /// <summary>The request is larger than the limit.</summary>
    RequestTooLarge,

    /// <summary>Too many requests wait to be applied.</summary>
    TooManyRequests,

    /// <summary>Authentication cannot be enabled without user root.</summary>
    RootUserNotExist,

    /// <summary>Authentication cannot be enabled while user root lacks role root.</summary>
    RootRoleNotExist,

    /// <summary>A user of this name exists.</summary>
    UserAlreadyExists,

    /// <summary>The user name is empty.</summary>
    UserEmpty,

    /// <summary>No user has this name.</summary>
    UserNotFound,

    /// <summary>A role of this name exists.</summary>
    RoleAlreadyExists,

    /// <summary>No role has this name.</summary>
    RoleNotFound,

    /// <summary>The role name is empty.</summary>
    RoleEmpty,

    /// <summary>Wrong user name or password.</summary>
    AuthFailed,

    /// <summary>A grant carries no permission.</summary>
    PermissionNotGiven,

    /// <summary>The user may not do this.</summary>
    PermissionDenied,

    /// <summary>The user does not have the role.</summary>
    RoleNotGranted,

    /// <summary>The role does not have the permission.</summary>
    PermissionNotGranted,

    /// <summary>Authentication is off.</summary>
    AuthNotEnabled,

    /// <summary>The token is unknown or expired.</summary>
    InvalidAuthToken,

    /// <summary>The change would lock everybody out.</summary>
    InvalidAuthManagement,

    /// <summary>The token was issued before the last change of users and roles.</summary>
    AuthOldRevision,

    /// <summary>The member knows no leader.</summary>
    NoLeader,

    /// <summary>Only the leader can do this.</summary>
    NotLeader,

    /// <summary>The leader changed while the request waited.</summary>
    LeaderChanged,

    /// <summary>The cluster version does not have this feature.</summary>
    NotCapable,

    /// <summary>The member is stopping.</summary>
    Stopped,

    /// <summary>The request was not applied in time.</summary>
    Timeout,

    /// <summary>The request timed out while a leader was lost.</summary>
    TimeoutDueToLeaderFail,

    /// <summary>The request timed out while connections were lost.</summary>
    TimeoutDueToConnectionLost,

    /// <summary>The member did not catch up with the read index in time.</summary>
    TimeoutWaitAppliedIndex,

    /// <summary>Leadership did not reach the member it was to go to in time.</summary>
    TimeoutLeaderTransfer,

    /// <summary>Too few members are healthy.</summary>
    Unhealthy,

    /// <summary>The corruption alarm is raised.</summary>
    Corrupt,

    /// <summary>A learner does not serve this call.</summary>
    NotSupportedForLearner,

    /// <summary>Leadership cannot go to that member.</summary>
    BadLeaderTransferee,

    /// <summary>The cluster version is not decided yet.</summary>
    ClusterVersionUnavailable,

    /// <summary>The downgrade target is not a version.</summary>
    WrongDowngradeVersionFormat,

    /// <summary>The downgrade target is not one minor version below.</summary>
    InvalidDowngradeTargetVersion,

    /// <summary>A downgrade is under way.</summary>
    DowngradeInProcess,

    /// <summary>No downgrade is under way.</summary>
    NoInflightDowngrade,

    /// <summary>The client gave up the request.</summary>
    RequestCanceled,

    /// <summary>The deadline of the request has passed.</summary>
    DeadlineExceeded,

    /// <summary>The reply would need more memory than the member has for replies now. Of this implementation.</summary>
    ReplyMemoryExceeded,

    /// <summary>The caller's rate limit is used up. Of this implementation.</summary>
    RateLimited,

    /// <summary>The keys under a prefix would exceed its quota. Of this implementation.</summary>
    PrefixQuotaExceeded,
}
