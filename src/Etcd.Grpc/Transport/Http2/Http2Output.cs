using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>The output of a connection: any thread appends frames under the connection's lock, and whoever finds nobody sending sends
/// all that has gathered.</summary>
internal sealed class Http2Output(Stream io, Lock gate, Action<Exception> onFailure) : IDisposable
{
    private PooledBuffer _gathering = new();
    private PooledBuffer _sending = new();
    private bool _isSending;
    private bool _isHeld;
    private bool _isClosed;

    /// <summary>Takes frames; only under the lock.</summary>
    public PooledBuffer Buffer => _gathering;

    /// <summary>Whether sending blocks the calling thread.</summary>
    public bool IsBlocking { get; set; }

    /// <summary>How much waits behind what is being sent; only under the lock.</summary>
    public int WaitingBytes => _isSending ? _gathering.Count : 0;

    /// <summary>Lets frames gather until <see cref="Release"/>.</summary>
    public void Hold()
    {
        lock (gate)
        {
            _isHeld = true;
        }
    }

    /// <summary>Sends what has gathered since <see cref="Hold"/>.</summary>
    public void Release()
    {
        lock (gate)
        {
            _isHeld = false;
        }

        Flush();
    }

    /// <summary>Sends what has gathered, unless somebody is sending already or it is held.</summary>
    public void Flush()
    {
        lock (gate)
        {
            if (_isSending || _isHeld || _isClosed || _gathering.Count == 0)
            {
                return;
            }

            _isSending = true;
        }

        if (IsBlocking)
        {
            SendAll();
        }
        else
        {
            _ = SendAllAsync();
        }
    }

    /// <summary>Sends nothing any more. Only under the lock.</summary>
    public void Dispose()
    {
        _isClosed = true;
        if (!_isSending)
        {
            ReleaseBuffers();
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            while (TakeGathered())
            {
                await io.WriteAsync(_sending.Written).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            onFailure(failure);
        }
    }

    private void SendAll()
    {
        try
        {
            while (TakeGathered())
            {
                io.Write(_sending.WrittenSpan);
            }
        }
        catch (Exception failure)
        {
            onFailure(failure);
        }
    }

    private bool TakeGathered()
    {
        lock (gate)
        {
            _sending.Clear();
            if (_gathering.Count == 0 || _isClosed)
            {
                _isSending = false;
                if (_isClosed)
                {
                    ReleaseBuffers();
                }

                return false;
            }

            (_gathering, _sending) = (_sending, _gathering);
            return true;
        }
    }

    private void ReleaseBuffers()
    {
        _gathering.Dispose();
        _sending.Dispose();
    }
}
