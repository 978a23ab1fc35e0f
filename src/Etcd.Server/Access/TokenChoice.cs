using Etcd.Auth;

namespace Etcd.Server.Access;

/// <summary>Makes the tokens that <c>--auth-token</c> asks for.</summary>
public static class TokenChoice
{
    private const string Simple = "simple";
    private const string Jwt = "jwt";

    /// <summary>Checks the text and the key files without keeping anything.</summary>
    /// <param name="authToken">Value of <c>--auth-token</c>.</param>
    /// <exception cref="FormatException">It is neither <c>simple</c> nor a usable <c>jwt,...</c>.</exception>
    /// <exception cref="IOException">A key file cannot be read.</exception>
    public static void Check(string authToken)
    {
        ITokens tokens = Create(authToken, SimpleTokens.TimeToLiveDefault, clusterId: 0, TimeProvider.System, static () => false);
        (tokens as IDisposable)?.Dispose();
    }

    /// <summary>Makes them.</summary>
    internal static ITokens Create(string authToken, TimeSpan simpleTimeToLive, ulong clusterId, TimeProvider time, Func<bool> areFor34)
    {
        string kind = authToken.Split(',', 2)[0];
        string rest = authToken.Length > kind.Length ? authToken[(kind.Length + 1)..] : string.Empty;
        return kind switch
        {
            // etcd calls the absent value simple, too.
            Simple or "" when rest.Length == 0 => new SimpleTokens(time, simpleTimeToLive) { AreFor34 = areFor34 },
            Jwt => new JwtTokens(JwtOptions.Parse(rest), clusterId, time),
            _ => throw new FormatException("auth: invalid auth options"),
        };
    }
}
