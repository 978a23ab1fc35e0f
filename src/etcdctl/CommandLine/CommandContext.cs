using Etcdctl.Output;

namespace Etcdctl.CommandLine;

/// <summary>What a command works with: its flags, its arguments, and where its output goes.</summary>
/// <param name="Command">The command.</param>
/// <param name="Flags">Every flag it knows, with the values of this run.</param>
/// <param name="Arguments">Arguments that are no flags.</param>
/// <param name="AllArguments">The whole command line of the program, for commands that need the place of <c>--</c>.</param>
/// <param name="Terminal">Standard input, output and error.</param>
internal sealed record CommandContext(
    Command Command, FlagSet Flags, IReadOnlyList<string> Arguments, IReadOnlyList<string> AllArguments, Terminal Terminal);
