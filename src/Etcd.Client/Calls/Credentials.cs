using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client.Calls;

/// <summary>Signs in at the first call and keeps the token that calls carry, unless the client was given one.</summary>
internal sealed class Credentials(EtcdClientOptions options)
{
    private readonly Lock _lock = new();
    private Task<string?>? _token;

    /// <summary>There is a user to sign in as.</summary>
    public bool Exist { get; } = !string.IsNullOrEmpty(options.User) && string.IsNullOrEmpty(options.Token);

    /// <summary>The metadata to send: the token, and whether the member must have a leader.</summary>
    /// <param name="channel">Where to sign in when there is no token.</param>
    /// <param name="requireLeader">Ask for a member with a leader.</param>
    /// <param name="cancellationToken">Ends the sign-in.</param>
    /// <exception cref="RpcException">The sign-in failed.</exception>
    public async ValueTask<RpcMetadata?> MetadataAsync(
        IEndpointChannel channel, bool requireLeader, CancellationToken cancellationToken)
    {
        string? token = !string.IsNullOrEmpty(options.Token) ? options.Token : Exist ? await Token(channel).WaitAsync(cancellationToken).ConfigureAwait(false) : null;
        if (token is null && !requireLeader)
        {
            return null;
        }

        RpcMetadata metadata = new();
        if (token is not null)
        {
            metadata.Add("token", token);
        }

        if (requireLeader)
        {
            metadata.Add("hasleader", "true");
        }

        return metadata;
    }

    /// <summary>The server refused the token: the next call signs in.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _token = null;
        }
    }

    // Calls that come together share one sign-in, which is costly for the server on purpose. It is bound to none of their tokens.
    private Task<string?> Token(IEndpointChannel channel)
    {
        lock (_lock)
        {
            return _token is null or { IsFaulted: true } ? _token = SignInAsync(channel) : _token;
        }
    }

    private async Task<string?> SignInAsync(IEndpointChannel channel)
    {
        try
        {
            AuthenticateRequest request = new() { Name = options.User, Password = options.Password ?? "" };
            AuthenticateResponse reply = await channel
                .UnaryAsync(Methods.Authenticate, request, new RpcCallOptions { Timeout = options.CallTimeout }, CancellationToken.None)
                .ConfigureAwait(false);
            return reply.Token;
        }
        catch (RpcException error) when (RetryRules.IsAuthNotEnabled(error))
        {
            options.OnCallFailed?.Invoke(new CallFailure("", Methods.Authenticate.Path, 0, error, WillRetry: false));
            return null;
        }
        catch (RpcException error)
        {
            throw new RpcException(error.Code, error.Message, error.Trailers, new SignInFailedException(error));
        }
    }
}
