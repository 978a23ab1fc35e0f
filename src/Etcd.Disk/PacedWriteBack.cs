namespace Etcd.Disk;

/// <summary>Has the disk write a file while it is still being produced, a window at a time. One sync at the end of gigabytes would leave the disk idle until
/// then, and hold up the syncs of every other file after it.</summary>
/// <remarks>At most two windows are on their way at any time. Nothing is durable before the owner's own sync.</remarks>
/// <param name="file">The file, written from its beginning to its end.</param>
/// <param name="windowBytes">Bytes that are handed to the disk at once.</param>
public sealed class PacedWriteBack(IFile file, long windowBytes = PacedWriteBack.WindowBytesUsual)
{
    private const long WindowBytesUsual = 8 << 20;

    // Ascending: what lies before the first is on the disk, what lies between them is on its way.
    private long _arrived;
    private long _begun;

    /// <summary>Tells how far the file has been written.</summary>
    /// <param name="end">End of what was written, in bytes from the file's beginning.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public void WrittenTo(long end)
    {
        if (end - _begun < windowBytes)
        {
            return;
        }

        file.BeginWriteBack(_begun, end - _begun);
        file.AwaitWriteBack(_arrived, _begun - _arrived);
        _arrived = _begun;
        _begun = end;
    }
}
