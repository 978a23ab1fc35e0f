namespace Etcdctl;

/// <summary>Ends the program with a line on standard error and an exit code.</summary>
internal sealed class CommandFailedException(ExitCode code, string message) : Exception(message)
{
    /// <summary>The exit code.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>The usual form, <c>Error: </c> and the reason.</summary>
    public static CommandFailedException Because(ExitCode code, string reason) => new(code, "Error: " + reason);

    /// <summary>The command has said on standard error what failed.</summary>
    public static CommandFailedException AlreadyTold(ExitCode code) => new(code, "");
}
