using System.Runtime.InteropServices;

namespace Etcdctl.Connection;

/// <summary>SIGINT and SIGTERM as a token, for commands that clean up before they end.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    /// <summary>Takes the signals over, also when the program was started with them ignored.</summary>
    public Interruption()
    {
        // A shell without job control starts what ends in '&' with SIGINT ignored, and .NET leaves an ignored one as it is.
        IgnoredSignal.Restore(IgnoredSignal.Interrupt);
        IgnoredSignal.Restore(IgnoredSignal.Terminate);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Gives the signals back.</summary>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Cancel(PosixSignalContext context)
    {
        context.Cancel = true;
        _source.Cancel();
    }
}
