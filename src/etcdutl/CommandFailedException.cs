namespace Etcdutl;

/// <summary>A command that ends with one line of error and an exit code.</summary>
internal sealed class CommandFailedException(ExitCode exitCode, string message) : Exception(message)
{
    public ExitCode ExitCode { get; } = exitCode;
}
