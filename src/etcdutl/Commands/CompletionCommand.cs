using Etcdctl.Completion;

using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl completion</c>: scripts by which shells complete the program's words.</summary>
internal static class CompletionCommand
{
    public static Command Create() => new Command("completion", "Generate the autocompletion script for the specified shell")
        .Add(Shell("bash", CompletionScripts.Bash, hidesFlagsInUse: true))
        .Add(Shell("fish", CompletionScripts.Fish))
        .Add(Shell("powershell", CompletionScripts.PowerShell))
        .Add(Shell("zsh", CompletionScripts.Zsh));

    private static Command Shell(string name, string script, bool hidesFlagsInUse = false) => new(name, $"Generate the autocompletion script for {name}")
    {
        HidesFlagsInUse = hidesFlagsInUse,
        Flags = [new Flag("no-descriptions", FlagKind.Switch, "false", "disable completion descriptions")],
        Run = invocation =>
        {
            if (invocation.Arguments.Count > 0)
            {
                throw new UsageException($"unknown command \"{invocation.Arguments[0]}\" for \"etcdutl completion {name}\"");
            }

            string asked = invocation.Flags.IsOn("no-descriptions") ? CompletionAnswer.PlainWord : CompletionAnswer.DescribedWord;
            invocation.Output.Write(CompletionScripts.For(script, "etcdutl", asked));
        },
    };
}
