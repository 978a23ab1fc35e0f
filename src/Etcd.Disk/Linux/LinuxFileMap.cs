using System.Buffers;
using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Etcd.Disk.Linux;

/// <summary>A shared read-only <c>mmap</c> of a file.</summary>
internal sealed unsafe class LinuxFileMap : IFileMap
{
    private byte* _address;

    private LinuxFileMap(byte* address, long length)
    {
        _address = address;
        Length = length;
    }

    /// <inheritdoc />
    public long Length { get; }

    internal static LinuxFileMap Create(SafeFileHandle file, string path, long length)
    {
        void* address = SystemCalls.Map(null, (nuint)length, SystemCalls.ProtectRead, SystemCalls.MapShared, file, 0);
        return (nint)address == -1
            ? throw SystemError.Last($"mmap {path}", path)
            : new LinuxFileMap((byte*)address, length);
    }

    /// <inheritdoc />
    public ReadOnlySpan<byte> Slice(long offset, int length)
    {
        CheckRange(offset, length);
        return new ReadOnlySpan<byte>(_address + offset, length);
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> SliceMemory(long offset, int length)
    {
        CheckRange(offset, length);
        return new MappedMemory(_address + offset, length).Memory;
    }

    /// <inheritdoc />
    public void Forget()
    {
        ObjectDisposedException.ThrowIf(_address is null, this);
        if (SystemCalls.AdviseMemory(_address, (nuint)Length, SystemCalls.NotNeeded) != 0
            && Marshal.GetLastPInvokeError() != SystemCalls.InvalidArgument) // memory that is locked stays
        {
            throw SystemError.Last("madvise", string.Empty);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_address is null)
        {
            return;
        }

        byte* address = _address;
        _address = null;
        if (SystemCalls.Unmap(address, (nuint)Length) != 0)
        {
            throw SystemError.Last("munmap", string.Empty);
        }
    }

    private void CheckRange(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_address is null, this);
        if ((ulong)offset > (ulong)Length || (ulong)length > (ulong)(Length - offset))
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"beyond the {Length} mapped bytes");
        }
    }

    /// <summary>Mapped bytes behind <see cref="Memory{T}"/>. The memory does not move, so pinning is a no-op.</summary>
    private sealed class MappedMemory(byte* address, int length) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(address, length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(address + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
