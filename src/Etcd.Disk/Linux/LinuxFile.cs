using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Etcd.Disk.Linux;

/// <summary>An open file of the real disk.</summary>
internal sealed class LinuxFile : IFile
{
    private readonly SafeFileHandle _handle;

    internal LinuxFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
    }

    /// <inheritdoc />
    public string Path { get; }

    /// <inheritdoc />
    public long Length => RandomAccess.GetLength(_handle);

    /// <inheritdoc />
    public int Read(Span<byte> buffer, long offset)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int read = RandomAccess.Read(_handle, buffer[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    /// <inheritdoc />
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
        }
        catch (IOException failure) when (IsFull(failure))
        {
            throw new DiskFullException(Path, failure);
        }
    }

    /// <inheritdoc />
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        try
        {
            RandomAccess.Write(_handle, buffers, offset);
        }
        catch (IOException failure) when (IsFull(failure))
        {
            throw new DiskFullException(Path, failure);
        }
    }

    /// <inheritdoc />
    public unsafe void WriteDurably(ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            for (int written = 0; written < bytes.Length;)
            {
                var part = new SystemCalls.IoVector { Base = start + written, Length = (nuint)(bytes.Length - written) };
                nint count = SystemCalls.WriteAt(_handle, &part, 1, offset + written, SystemCalls.WriteThrough);
                if (count >= 0)
                {
                    written += (int)count;
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == SystemCalls.NotSupported)
                {
                    // A file system without per-write flags: the same in two calls.
                    Write(bytes[written..], offset + written);
                    SyncData();
                    return;
                }

                if (error != SystemCalls.Interrupted)
                {
                    throw SystemError.From(error, $"write {Path}", Path);
                }
            }
        }
    }

    /// <inheritdoc />
    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (IOException failure) when (IsFull(failure))
        {
            throw new DiskFullException(Path, failure);
        }
    }

    /// <inheritdoc />
    public void Preallocate(long length)
    {
        int error = SystemCalls.Allocate(_handle, 0, length);
        switch (error)
        {
            case 0:
                return;
            case SystemCalls.NotSupported:
                SetLength(length);
                return;
            default:
                throw SystemError.From(error, $"fallocate {Path}", Path);
        }
    }

    /// <inheritdoc />
    public void SyncData()
    {
        if (SystemCalls.SyncData(_handle) != 0)
        {
            throw SystemError.Last($"fdatasync {Path}", Path);
        }
    }

    /// <inheritdoc />
    public void Sync()
    {
        if (SystemCalls.Sync(_handle) != 0)
        {
            throw SystemError.Last($"fsync {Path}", Path);
        }
    }

    /// <inheritdoc />
    public void BeginWriteBack(long offset, long length) => SyncRange(offset, length, SystemCalls.SyncRangeWrite);

    /// <inheritdoc />
    public void AwaitWriteBack(long offset, long length) => SyncRange(offset, length, SystemCalls.SyncRangeWaitBefore);

    /// <inheritdoc />
    public unsafe bool TryLock(FileLock kind)
    {
        int result;
        if (kind == FileLock.OpenFileDescription)
        {
            var request = new SystemCalls.LockRequest { Type = SystemCalls.WriteLock };
            result = SystemCalls.FileControl(_handle, SystemCalls.SetOpenFileDescriptionLock, &request);
        }
        else
        {
            int operation = kind == FileLock.FlockShared ? SystemCalls.LockShared : SystemCalls.LockExclusive;
            result = SystemCalls.Flock(_handle, operation | SystemCalls.LockNonBlocking);
        }

        if (result == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is SystemCalls.TryAgain or SystemCalls.AccessDenied
            ? false
            : throw SystemError.From(error, $"lock {Path}", Path);
    }

    /// <inheritdoc />
    public IFileMap Map(long length) => LinuxFileMap.Create(_handle, Path, length);

    /// <inheritdoc />
    public void Dispose() => _handle.Dispose();

    private void SyncRange(long offset, long length, uint flags)
    {
        // The system takes a length of zero for "to the end of the file".
        if (length == 0 || SystemCalls.SyncFileRange(_handle, offset, length, flags) == 0)
        {
            return;
        }

        // Neither a device without pages in memory, nor a kernel without the call, nor a sandbox that does not let it through (seccomp) makes a
        // difference to what the owner's sync promises.
        if (Marshal.GetLastPInvokeError() is not (
            SystemCalls.NoSuchCall or SystemCalls.NotPermitted or SystemCalls.NoSeek or SystemCalls.NotSupported))
        {
            throw SystemError.Last($"sync_file_range {Path}", Path);
        }
    }

    private static bool IsFull(IOException failure) =>
        // RandomAccess puts the error number into HResult, for ENOSPC also as the Windows disk-full codes.
        failure.HResult is SystemCalls.NoSpace or SystemCalls.QuotaExceeded
        || (failure.HResult & 0xFFFF) is 0x70 or 0x27;
}
