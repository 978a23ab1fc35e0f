using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Etcd.Auth;

/// <summary>Tokens of etcd's kind <c>simple</c>: 16 random letters, a dot, a raft index. Known to members that run since then; use keeps them alive.</summary>
/// <remarks>
/// <para>The index is that of the login's entry where etcd 3.4 makes the token, and the one before where 3.5 does. Real members take only what
/// they would have made themselves; here both are taken.</para>
/// <para>They are found by their index, which is no secret; the letters are then compared in constant time. Each member applies the same logins
/// and so knows the same tokens; when they end depends on which member they are shown to.</para>
/// </remarks>
public sealed class SimpleTokens : ITokens
{
    /// <summary>Time without use after which a token ends, unless set otherwise.</summary>
    public static readonly TimeSpan TimeToLiveDefault = TimeSpan.FromSeconds(300);

    private const int TicketLength = 16;
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ulong, Token> _tokens = [];
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeToLive;
    private long _sweptAt;

    /// <summary>Creates an empty table.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="timeToLive">Time without use after which a token ends.</param>
    public SimpleTokens(TimeProvider time, TimeSpan timeToLive)
    {
        _time = time ?? throw new ArgumentNullException(nameof(time));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        _timeToLive = timeToLive;
        _sweptAt = time.GetTimestamp();
    }

    /// <summary>Whether tokens made now are to be good at members of 3.4, and not at those of 3.5. Any thread.</summary>
    public Func<bool> AreFor34 { get; init; } = static () => false;

    /// <summary>Tokens kept, expired ones among them until the next login.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _tokens.Count;
            }
        }
    }

    /// <inheritdoc />
    public string NewTicket() => RandomNumberGenerator.GetString(Letters, TicketLength);

    /// <inheritdoc />
    public string Issue(string userName, string ticket, ulong raftIndex)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        long now = _time.GetTimestamp();
        lock (_gate)
        {
            Sweep(now);
            _tokens[raftIndex] = new Token(userName, Encoding.UTF8.GetBytes(ticket), now);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{ticket}.{(AreFor34() ? raftIndex : raftIndex - 1)}");
    }

    /// <inheritdoc />
    public string Complete(string issued, string userName, ulong authRevision) => issued;

    /// <inheritdoc />
    public bool TryRecognise(string token, ulong authRevision, out Caller caller)
    {
        caller = default;
        if (!TrySplit(token, out string ticket, out ulong index))
        {
            return false;
        }

        byte[] shown = Encoding.UTF8.GetBytes(ticket);
        lock (_gate)
        {
            if (Find(index, shown) is not { } known || IsExpired(known))
            {
                return false;
            }

            known.UsedAt = _time.GetTimestamp();
            caller = new Caller(known.UserName, authRevision);
            return true;
        }
    }

    /// <inheritdoc />
    public ulong IndexOf(string token) => !TrySplit(token, out _, out ulong index) ? 0 : AreFor34() ? index : index + 1;

    /// <inheritdoc />
    public void Forget(string userName)
    {
        lock (_gate)
        {
            foreach ((ulong index, Token token) in _tokens)
            {
                if (token.UserName == userName)
                {
                    _tokens.Remove(index);
                }
            }
        }
    }

    /// <inheritdoc />
    public void Clear()
    {
        lock (_gate)
        {
            _tokens.Clear();
        }
    }

    private static bool TrySplit(string token, out string ticket, out ulong index)
    {
        ArgumentNullException.ThrowIfNull(token);
        int dot = token.IndexOf('.', StringComparison.Ordinal);
        ticket = dot > 0 ? token[..dot] : string.Empty;
        index = 0;
        return dot > 0 && ulong.TryParse(token.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    private Token? Find(ulong index, byte[] ticket) =>
        Holds(index + 1, ticket, out Token? known) || Holds(index, ticket, out known) ? known : null;

    private bool Holds(ulong entryIndex, byte[] ticket, [NotNullWhen(true)] out Token? token) =>
        _tokens.TryGetValue(entryIndex, out token) && CryptographicOperations.FixedTimeEquals(ticket, token.Ticket);

    private bool IsExpired(Token token) => _time.GetElapsedTime(token.UsedAt) >= _timeToLive;

    // Tokens come only by logins, so sweeping at logins bounds the table.
    private void Sweep(long now)
    {
        if (_time.GetElapsedTime(_sweptAt, now) < SweepInterval)
        {
            return;
        }

        _sweptAt = now;
        foreach ((ulong index, Token token) in _tokens)
        {
            if (IsExpired(token))
            {
                _tokens.Remove(index);
            }
        }
    }

    private sealed class Token(string userName, byte[] ticket, long usedAt)
    {
        internal string UserName { get; } = userName;

        internal byte[] Ticket { get; } = ticket;

        internal long UsedAt { get; set; } = usedAt;
    }
}
