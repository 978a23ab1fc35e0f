namespace Etcd.Testing.Processes;

/// <summary>What a finished command left behind.</summary>
public sealed record CommandOutcome(string CommandLine, int ExitCode, string Output, string Errors, TimeSpan Took)
{
    /// <summary>This outcome, when the command succeeded.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message has all there is to know.</exception>
    public CommandOutcome MustSucceed() => ExitCode == 0 ? this : throw new InvalidOperationException(ToString());

    public override string ToString() => $"$ {CommandLine}\nexit code {ExitCode}\n-- output\n{Output}\n-- errors\n{Errors}";
}
