namespace Etcd.Server.Offline;

/// <summary>Computes a snapshot's checksum on another thread, one piece at a time.</summary>
/// <param name="checksum">The checksum; nobody else touches it until this is disposed.</param>
internal sealed class ChecksumAside(SnapshotChecksum checksum) : IDisposable
{
    private Task _working = Task.CompletedTask;

    /// <summary>Begins with the next piece, once the one before it is done.</summary>
    /// <param name="piece">The bytes; they stay as they are until the next call returns.</param>
    internal void Append(ReadOnlyMemory<byte> piece)
    {
        Wait();
        _working = Task.Run(() => checksum.Append(piece.Span));
    }

    /// <summary>Compares, once all of the database was appended.</summary>
    /// <exception cref="OfflineException">The checksum is another.</exception>
    internal void ThrowIfWrong()
    {
        Wait();
        checksum.ThrowIfWrong();
    }

    /// <summary>Waits for the piece that is being worked on.</summary>
    public void Dispose() => Wait();

    private void Wait()
    {
#pragma warning disable VSTHRD002 // What is waited for computes and needs no other thread.
        _working.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }
}
