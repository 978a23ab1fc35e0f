using Etcd.Mvcc;
using Etcd.Server.Observation;
using Etcd.Server.Offline;

namespace Etcd.Server.Operations;

/// <summary>Rewrites the backend file without its free pages, and tells of it: because a client asks for it, or at a start.</summary>
internal static class Defragmentation
{
    private const long BytesPerMegabyte = 1024 * 1024;

    /// <summary>Rewrites the file.</summary>
    internal static void Run(Backend backend, ServerInstruments instruments, ServerLog log)
    {
        long size = backend.SizeBytes;
        long inUse = backend.InUseBytes;
        log.Defragmenting(size, ByteSize.Format(size), inUse, ByteSize.Format(inUse));
        long started = instruments.Timestamp();
        instruments.Defragmenting(begins: true);
        try
        {
            backend.Defragment();
        }
        finally
        {
            instruments.Defragmenting(begins: false);
        }

        TimeSpan took = instruments.Since(started);
        instruments.Defragmentations.Record(took);
        long newSize = backend.SizeBytes;
        long newInUse = backend.InUseBytes;
        log.Defragmented(
            newSize - size, newSize, ByteSize.Format(newSize), newInUse - inUse, newInUse, ByteSize.Format(newInUse), DurationText.Of(took));
    }

    /// <summary>Rewrites the file if that gives back as much as is asked for.</summary>
    /// <param name="backend">The backend, before anybody works on it.</param>
    /// <param name="thresholdMegabytes">Free megabytes (of 1024 times 1024 bytes) from which on it is worth it; 0 is never.</param>
    /// <param name="instruments">Measure it.</param>
    /// <param name="log">Tells of it, also when there was not enough.</param>
    internal static void RunIfWorthIt(Backend backend, uint thresholdMegabytes, ServerInstruments instruments, ServerLog log)
    {
        long threshold = thresholdMegabytes * BytesPerMegabyte;
        long size = backend.SizeBytes;
        long inUse = backend.InUseBytes;
        if (threshold == 0)
        {
            return;
        }

        if (size - inUse < threshold)
        {
            log.SkippingDefragmentation(size, ByteSize.Format(size), inUse, ByteSize.Format(inUse), threshold, ByteSize.Format(threshold));
            return;
        }

        Run(backend, instruments, log);
    }
}
