using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Etcd.Disk.Linux;

/// <summary>The Linux system calls that .NET has no call for. Constants are those of x86-64 and arm64, which agree here.</summary>
internal static unsafe partial class SystemCalls
{
    internal const int ReadOnly = 0;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int CloseOnExec = 0x80000;

    internal const int LockShared = 1;
    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;

    internal const int SetOpenFileDescriptionLock = 37;
    internal const short WriteLock = 1;

    /// <summary>RWF_DSYNC: this one write is durable when the call returns.</summary>
    internal const int WriteThrough = 2;

    /// <summary>SYNC_FILE_RANGE_WAIT_BEFORE: waits for pages that are on their way.</summary>
    internal const uint SyncRangeWaitBefore = 1;

    /// <summary>SYNC_FILE_RANGE_WRITE: sends changed pages on their way.</summary>
    internal const uint SyncRangeWrite = 2;

    internal const int ProtectRead = 1;
    internal const int MapShared = 1;

    internal const int NotNeeded = 4;

    internal const int LockPresent = 1;
    internal const int LockFuture = 2;
    internal const int LockWhenTouched = 4;

    internal const int NotPermitted = 1;
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int TryAgain = 11;
    internal const int AccessDenied = 13;
    internal const int InvalidArgument = 22;
    internal const int NoSpace = 28;
    internal const int NoSeek = 29;
    internal const int NoSuchCall = 38;
    internal const int NotSupported = 95;
    internal const int QuotaExceeded = 122;

    /// <summary><c>struct flock</c> as the 64-bit kernels lay it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LockRequest
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    internal static partial nint WriteAt(SafeFileHandle file, IoVector* parts, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncData(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    /// <summary>Returns the error itself, not -1.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    internal static partial int Allocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FileControl(SafeFileHandle file, int command, LockRequest* request);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial void* Map(void* address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int AdviseMemory(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mlockall", SetLastError = true)]
    internal static partial int LockMemory(int flags);
}
