using System.Buffers;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc;
using Etcd.Grpc.Server.Local;

namespace Etcd.Api.Gateway;

/// <summary>Cuts what a client sends into JSON values.</summary>
/// <param name="bytesMax">Most bytes of one value.</param>
internal sealed class JsonValues(long bytesMax) : IDisposable
{
    private readonly PooledBytes _bytes = new();
    private readonly JsonScanner _scanner = new();

    // taken <= scanned <= written: what stands before the current value is given away when more comes, not for each value, which
    // would move the rest of a body of small ones again and again.
    private int _taken;
    private int _scanned;
    private bool _isTaken;

    /// <summary>Bytes held that belong to no value taken yet.</summary>
    internal long Length => _bytes.WrittenCount - _taken;

    /// <summary>Whether what is held is more than one value may be.</summary>
    internal bool IsTooLarge => Length > bytesMax;

    /// <summary>Adds what has come.</summary>
    internal void Append(in ReadOnlySequence<byte> bytes)
    {
        _bytes.RemoveFirst(_taken);
        _scanned -= _taken;
        _taken = 0;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            _bytes.Add(segment.Span);
        }
    }

    /// <summary>Takes the next value.</summary>
    /// <param name="isEnd">Whether nothing more comes.</param>
    /// <param name="value">The value, without white space around it; valid until the next call.</param>
    /// <returns>Whether there is one. At the end, <see langword="false"/> means that nothing but white space was left.</returns>
    /// <exception cref="RpcException">What has come cannot become a value.</exception>
    internal bool TryTake(bool isEnd, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (_isTaken)
        {
            _isTaken = false;
            _taken = _scanned;
            _scanner.Reset();
        }

        if (_scanner.IsBlank)
        {
            ReadOnlySpan<byte> rest = _bytes.Written[_taken..];
            _taken += rest.Length - rest.TrimStart(" \t\r\n"u8).Length;
            _scanned = _taken;
        }

        bool isComplete = _scanner.TryComplete(_bytes.Written[_scanned..], out int used);
        _scanned += used;
        if (!isComplete && _scanner.Fault is null)
        {
            if (!isEnd || _scanner.IsBlank)
            {
                return false;
            }

            isComplete = _scanner.TryFinish();
        }

        if (!isComplete)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, _scanner.Fault!);
        }

        _isTaken = true;
        value = _bytes.Written[_taken.._scanned];
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
