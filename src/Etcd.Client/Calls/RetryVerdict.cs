namespace Etcd.Client.Calls;

/// <summary>What to do about a failed attempt.</summary>
internal enum RetryVerdict
{
    /// <summary>The caller gets the error.</summary>
    Fail,

    /// <summary>The request did not leave: try the next endpoint, for as long as the call may take.</summary>
    TryNextEndpoint,

    /// <summary>The request may have been carried out, and that does no harm: try the next endpoint a limited number of times.</summary>
    Repeat,

    /// <summary>The token is stale: sign in and try again.</summary>
    SignIn,
}
