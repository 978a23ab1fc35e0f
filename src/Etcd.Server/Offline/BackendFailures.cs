using Etcd.Mvcc;

namespace Etcd.Server.Offline;

/// <summary>What an operator reads when a backend that offline work has opened cannot be written.</summary>
/// <remarks>The backend's own words are for a running member: that it must stop, and that its log has what is lost. Here there is neither; the disk's
/// failure is all there is to tell.</remarks>
internal static class BackendFailures
{
    /// <summary>Does work on a backend.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    internal static void AsDiskFailures(Action work) => AsDiskFailures(() =>
    {
        work();
        return true;
    });

    /// <summary>Does work on a backend.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    internal static T AsDiskFailures<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (BackendFailedException failure) when (CauseOf(failure) is IOException)
        {
            throw new IOException(CauseOf(failure)!.Message, failure);
        }
    }

    private static Exception? CauseOf(BackendFailedException failure) => failure.InnerException is BackendFailedException inner ? CauseOf(inner) : failure.InnerException;
}
