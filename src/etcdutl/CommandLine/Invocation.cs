namespace Etcdutl.CommandLine;

/// <summary>One run of a command.</summary>
/// <param name="Flags">Values of its flags.</param>
/// <param name="Arguments">Arguments that are no flags.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
/// <param name="ShowHelp">Prints the command's help.</param>
internal sealed record Invocation(FlagValues Flags, IReadOnlyList<string> Arguments, TextWriter Output, TextWriter Errors, Action ShowHelp);
