using System.Runtime.CompilerServices;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>One watch. Read it once; it lives as long as the reading.</summary>
public sealed class Watcher
{
    private readonly CallInvoker _calls;
    private readonly KeyRange _range;
    private readonly WatchOptions _options;
    private readonly WatchPosition _position;
    private readonly Lock _lock = new();
    private readonly Backoff _backoff;
    private IEndpointStream<WatchRequest, WatchResponse>? _stream;
    private string _endpoint = "";
    private bool _progressWanted;
    private Task _lastWrite = Task.CompletedTask;

    internal Watcher(CallInvoker calls, KeyRange range, WatchOptions options)
    {
        _calls = calls;
        _range = range;
        _options = options;
        _position = new WatchPosition(options.StartRevision);
        _backoff = calls.NewBackoff();
    }

    /// <summary>Reads the changes, in order, each once, all changes of one revision together.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>
    /// Messages with events; and messages without events, which say that everything up to <c>Header.Revision</c> has been reported
    /// (<see cref="WatchOptions.ProgressNotify"/>, <see cref="RequestProgressAsync"/>). A lost connection is opened again, on the next endpoint,
    /// from the first revision that was not reported; the reader notices nothing unless it asked for <see cref="WatchOptions.Confirmations"/>.
    /// </returns>
    /// <exception cref="WatchCompactedException">Changes that were to be reported are compacted.</exception>
    /// <exception cref="WatchCanceledException">The server ended the watch.</exception>
    /// <exception cref="RpcException">The call failed for a reason that another attempt would not change.</exception>
    public async IAsyncEnumerable<WatchResponse> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                WatchResponse reply = await NextAsync(cancellationToken).ConfigureAwait(false);
                ThrowIfEnded(reply);
                if (reply.Created)
                {
                    _position.Created(reply);
                    _backoff.Reset();
                    await SendWantedProgressAsync(cancellationToken).ConfigureAwait(false);
                    if (_options.Confirmations)
                    {
                        yield return reply;
                    }
                }
                else if (_position.Take(reply) is { } report)
                {
                    yield return report;
                }
            }
        }
        finally
        {
            _stream?.Dispose();
        }
    }

    /// <summary>Asks the server how far the watch has come; the answer arrives among the messages.</summary>
    /// <remarks>While there is no connection the question waits for the next one.</remarks>
    public Task RequestProgressAsync(CancellationToken cancellationToken = default)
    {
        _progressWanted = true;
        return SendWantedProgressAsync(cancellationToken);
    }

    private static void ThrowIfEnded(WatchResponse reply)
    {
        if (reply.CompactRevision != 0)
        {
            throw new WatchCompactedException(reply);
        }

        if (reply.Canceled)
        {
            throw new WatchCanceledException(reply);
        }
    }

    /// <summary>Reads the next message, from as many streams as it takes.</summary>
    private async Task<WatchResponse> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                IEndpointStream<WatchRequest, WatchResponse> stream =
                    _stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                return await stream.ReadAsync(cancellationToken).ConfigureAwait(false)
                    ?? throw new RpcException(RpcStatusCode.Unavailable, "the server ended the watch stream");
            }
            catch (RpcException error) when (_calls.TryRecover(error, _endpoint, Methods.Watch.Path))
            {
                _stream?.Dispose();
                _stream = null;
                await _backoff.WaitAsync(longest: null, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<IEndpointStream<WatchRequest, WatchResponse>> OpenAsync(CancellationToken cancellationToken)
    {
        _position.BeginStream();
        _endpoint = _calls.CurrentEndpoint;
        IEndpointStream<WatchRequest, WatchResponse> stream = await _calls
            .StreamAsync(Methods.Watch, _options.RequireLeader, _endpoint, cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(new WatchRequest { CreateRequest = CreateRequest() }, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private WatchCreateRequest CreateRequest()
    {
        WatchCreateRequest request = new()
        {
            Key = _range.Key.ByteString,
            RangeEnd = _range.End.ByteString,
            StartRevision = _position.NextRevision,
            ProgressNotify = _options.ProgressNotify,
            PrevKv = _options.PreviousKeyValues,
            Fragment = _options.Fragment,
        };
        if (!_options.Puts)
        {
            request.Filters.Add(WatchCreateRequest.Types.FilterType.Noput);
        }

        if (!_options.Deletions)
        {
            request.Filters.Add(WatchCreateRequest.Types.FilterType.Nodelete);
        }

        return request;
    }

    // The reader after a reconnection and the caller of RequestProgressAsync may both want to write: one after the other.
    private Task SendWantedProgressAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_progressWanted || _stream is null)
            {
                return Task.CompletedTask;
            }

            _progressWanted = false;
            return _lastWrite = WriteProgressAsync(_lastWrite, _stream, cancellationToken);
        }
    }

    private async Task WriteProgressAsync(
        Task previous, IEndpointStream<WatchRequest, WatchResponse> stream, CancellationToken cancellationToken)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            WatchRequest request = new() { ProgressRequest = new WatchProgressRequest() };
            await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException error) when (RetryRules.CanReopen(error))
        {
            // The reader meets the same failure and opens the stream again; the question goes there.
            _progressWanted = true;
        }
    }
}
