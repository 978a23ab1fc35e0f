using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Etcd.Auth;

/// <summary>Tokens of etcd's kind <c>jwt</c>: signed, so that no member has to remember them. Each names its user, auth revision and end.</summary>
/// <remarks>
/// A token that is changed, signed otherwise than this member is told to (<c>alg: none</c> among them), without end, expired, or made for another
/// cluster is nobody's. It cannot be taken back; a change of users or roles makes it old for keys (<c>revision of auth store is old</c>).
/// </remarks>
public sealed class JwtTokens : ITokens, IDisposable
{
    /// <summary>Longest token looked at, in characters; ours have a few hundred.</summary>
    public const int TokenLengthMax = 8192;

    private const string AudiencePrefix = "etcd-cluster-";

    private readonly JwtSigner _signer;
    private readonly string _method;
    private readonly string _header;
    private readonly string _audience;
    private readonly TimeSpan _timeToLive;
    private readonly TimeProvider _time;

    /// <summary>Reads the keys.</summary>
    /// <param name="options">Algorithm, key files and life.</param>
    /// <param name="clusterId">Identifies the cluster in tokens, so that those of another one with the same key do not count.</param>
    /// <param name="time">The clock; its UTC time must be right within the life of a token.</param>
    /// <exception cref="FormatException">The algorithm is unknown, or a key is missing or cannot be used.</exception>
    /// <exception cref="IOException">A key file cannot be read; in Go's words, with its path.</exception>
    public JwtTokens(JwtOptions options, ulong clusterId, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _time = time ?? throw new ArgumentNullException(nameof(time));
        _method = options.SignMethod;
        _timeToLive = options.TimeToLive;
        _audience = $"{AudiencePrefix}{clusterId:x}";
        try
        {
            _signer = JwtSigner.Create(options.SignMethod, Read(options.PublicKeyFile), Read(options.PrivateKeyFile));
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new FormatException($"--auth-token: the key does not fit {_method}: {failure.Message}", failure);
        }

        _header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"{{_method}}","typ":"JWT"}"""));
    }

    /// <inheritdoc />
    public string NewTicket() => string.Empty;

    /// <inheritdoc />
    public string Issue(string userName, string ticket, ulong raftIndex) => string.Empty;

    /// <inheritdoc />
    public string Complete(string issued, string userName, ulong authRevision)
    {
        if (!_signer.CanSign)
        {
            throw new TokenSigningException();
        }

        var claims = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(claims))
        {
            writer.WriteStartObject();
            writer.WriteString("aud", _audience);
            writer.WriteNumber("exp", (_time.GetUtcNow() + _timeToLive).ToUnixTimeSeconds());
            writer.WriteNumber("revision", authRevision);
            writer.WriteString("username", userName);
            writer.WriteEndObject();
        }

        string text = $"{_header}.{Base64Url.EncodeToString(claims.WrittenSpan)}";
        return $"{text}.{Base64Url.EncodeToString(_signer.Sign(Encoding.ASCII.GetBytes(text)))}";
    }

    /// <inheritdoc />
    public bool TryRecognise(string token, ulong authRevision, out Caller caller)
    {
        ArgumentNullException.ThrowIfNull(token);
        caller = default;
        int claimsAt = token.IndexOf('.', StringComparison.Ordinal) + 1;
        int signatureAt = token.LastIndexOf('.') + 1;
        if (token.Length > TokenLengthMax || claimsAt == 0 || signatureAt <= claimsAt)
        {
            return false;
        }

        try
        {
            return IsOfThisMethod(Base64Url.DecodeFromChars(token.AsSpan(0, claimsAt - 1)))
                && _signer.Verify(Encoding.UTF8.GetBytes(token[..(signatureAt - 1)]), Base64Url.DecodeFromChars(token.AsSpan(signatureAt)))
                && TryReadClaims(Base64Url.DecodeFromChars(token.AsSpan(claimsAt, signatureAt - 1 - claimsAt)), out caller);
        }
        catch (Exception failure) when (failure is FormatException or JsonException or CryptographicException or InvalidOperationException)
        {
            // Not a token at all.
            return false;
        }
    }

    /// <inheritdoc />
    public ulong IndexOf(string token) => 0;

    /// <inheritdoc />
    public void Forget(string userName)
    {
        // A signed token lives until its end; the auth revision in it is what makes it useless.
    }

    /// <inheritdoc />
    public void Clear()
    {
        // As above.
    }

    /// <inheritdoc />
    public void Dispose() => _signer.Dispose();

    private static byte[] Read(string file)
    {
        try
        {
            return file.Length == 0 ? [] : File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"open {file}: no such file or directory", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(
                Directory.Exists(file) ? $"read {file}: is a directory" : $"open {file}: permission denied", failure);
        }
    }

    private bool IsOfThisMethod(byte[] header)
    {
        using JsonDocument json = JsonDocument.Parse(header);
        return json.RootElement.ValueKind == JsonValueKind.Object
            && json.RootElement.TryGetProperty("alg", out JsonElement method)
            && method.ValueKind == JsonValueKind.String
            && method.ValueEquals(_method);
    }

    private bool TryReadClaims(byte[] claims, out Caller caller)
    {
        caller = default;
        using JsonDocument json = JsonDocument.Parse(claims);
        JsonElement root = json.RootElement;
        double now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        if (root.ValueKind != JsonValueKind.Object
            || !TryReadNumber(root, "exp", out double end) || end <= now
            || (root.TryGetProperty("nbf", out _) && (!TryReadNumber(root, "nbf", out double begin) || begin > now))
            || (root.TryGetProperty("aud", out JsonElement audience) && IsOtherCluster(audience))
            || !TryReadNumber(root, "revision", out double revision) || revision is < 1 or > long.MaxValue
            || !root.TryGetProperty("username", out JsonElement name) || name.ValueKind != JsonValueKind.String
            || name.GetString() is not { Length: > 0 } userName)
        {
            return false;
        }

        caller = new Caller(userName, (ulong)revision);
        return true;
    }

    // Others who sign for this cluster, real etcd among them, name no audience or one of their own.
    private bool IsOtherCluster(JsonElement audience) =>
        audience.ValueKind == JsonValueKind.String
        && audience.GetString()!.StartsWith(AudiencePrefix, StringComparison.Ordinal)
        && !audience.ValueEquals(_audience);

    private static bool TryReadNumber(JsonElement claims, string name, out double value)
    {
        value = 0;
        return claims.TryGetProperty(name, out JsonElement claim) && claim.ValueKind == JsonValueKind.Number && claim.TryGetDouble(out value);
    }
}
