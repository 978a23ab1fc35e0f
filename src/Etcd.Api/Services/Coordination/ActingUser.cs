using Etcd.Auth;

namespace Etcd.Api.Services.Coordination;

/// <summary>The user on whose behalf a call goes on that waits for others, maybe for hours.</summary>
/// <remarks>The first step is done as the caller whom the token named. The later ones are done as that user under the rules as they are by then: a token may
/// have ended meanwhile, and a permission may have been taken away, which counts at once.</remarks>
/// <param name="access">The rules.</param>
/// <param name="caller">Whom the call's token named.</param>
internal sealed class ActingUser(CallAccess access, Caller caller)
{
    /// <summary>The caller as recognised when the call came in.</summary>
    internal Caller AsRecognised => caller;

    /// <summary>The same user under the newest rules.</summary>
    internal Caller Now => caller.IsAnonymous ? Caller.Anonymous : new Caller(caller.UserName, access.Rules.Rules.Revision);

    /// <summary>Demands that the user may still read a key.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">It may not.</exception>
    internal void RequireRead(ReadOnlyMemory<byte> key)
    {
        AuthView rules = access.Rules.Rules;
        if (rules.IsEnabled)
        {
            rules.RequireRead(Now, key, default);
        }
    }
}
