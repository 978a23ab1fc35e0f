using System.Security.Cryptography;
using System.Text;

using Etcd.Protocol.Errors;

namespace Etcd.Auth;

/// <summary>Hashes and checks passwords, a few at a time: a storm of logins must leave cores for everything else.</summary>
public sealed class PasswordHasher : IDisposable
{
    /// <summary>Logins that may wait for their turn; more are refused at once.</summary>
    public const int WaitingMax = 256;

    private readonly SemaphoreSlim _turns;
    private readonly int _cost;
    private readonly Func<Func<Task>, Task> _run;
    private int _waiting;

    /// <summary>Creates the hasher.</summary>
    /// <param name="cost">Cost of new hashes.</param>
    /// <param name="run">Runs the work where it holds nobody up: the callers' threads may carry other calls, or the consensus loop;
    /// <see langword="null"/> runs it on them all the same.</param>
    /// <param name="concurrencyMax">How many are computed at once; 0 for half of the cores.</param>
    public PasswordHasher(int cost, Func<Func<Task>, Task>? run = null, int concurrencyMax = 0)
    {
        _run = run ?? (static work => work());
        _cost = cost;
        _turns = new SemaphoreSlim(concurrencyMax > 0 ? concurrencyMax : Math.Max(1, Environment.ProcessorCount / 2));
    }

    /// <summary>Hashes a password as requests carry it: base 64 of the bcrypt text.</summary>
    /// <exception cref="EtcdException">The password cannot be used, or too many wait.</exception>
    public async ValueTask<string> HashAsync(string password, CancellationToken cancellationToken)
    {
        if (!Bcrypt.IsUsable(password))
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
        }

        string hash = await InTurnAsync(() => Bcrypt.Hash(password, _cost), cancellationToken).ConfigureAwait(false);
        return Convert.ToBase64String(Encoding.ASCII.GetBytes(hash));
    }

    /// <summary>Checks a password on the calling thread; for work done in turn.</summary>
    /// <param name="password">What somebody claims.</param>
    /// <param name="hash">The bcrypt text; <see langword="null"/> for a stranger, which takes as long as a wrong password.</param>
    public bool IsRight(string password, ReadOnlyMemory<byte>? hash) =>
        hash is { } known ? Bcrypt.Verify(password, known.Span) : Bcrypt.Verify(password, StrangersHash) && false;

    /// <summary>Computes something else that costs, such as a signature, when it is its turn.</summary>
    /// <exception cref="EtcdException">Too many wait.</exception>
    public async ValueTask<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            throw new EtcdException(EtcdErrorCode.TooManyRequests);
        }

        try
        {
            await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            T result = default!;
            await _run(() =>
            {
                result = work();
                return Task.CompletedTask;
            }).ConfigureAwait(false);
            return result;
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turns.Dispose();

    // Nobody's password: so that the time of the answer does not tell which names exist.
    private byte[] StrangersHash => field ??= Encoding.ASCII.GetBytes(
        Bcrypt.Hash(Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)), _cost));
}
