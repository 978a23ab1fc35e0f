using Etcdctl.CommandLine;
using Etcdctl.Completion;

namespace Etcdctl.Commands;

/// <summary>Prints the scripts by which shells complete etcdctl's words.</summary>
internal static class CompletionCommand
{
    public static Command Create() => new Command("completion", "Generate the autocompletion script for the specified shell")
    {
        Description = """
            Generate the autocompletion script for etcdctl for the specified shell.
            See each sub-command's help for details on how to use the generated script.
            """,
    }
        .Add(Shell("bash", "source <(etcdctl completion bash)", CompletionScripts.Bash))
        .Add(Shell("zsh", "source <(etcdctl completion zsh)", CompletionScripts.Zsh))
        .Add(Shell("fish", "etcdctl completion fish | source", CompletionScripts.Fish))
        .Add(Shell("powershell", "etcdctl completion powershell | Out-String | Invoke-Expression", CompletionScripts.PowerShell));

    private static Command Shell(string name, string use, string script) =>
        new(name, $"Generate the autocompletion script for {name}")
        {
            Description = $"""
                Generate the autocompletion script for the {name} shell.

                To load completions in your current shell session:

                	{use}

                Put that line into the file your shell reads at its start to have them in every session.
                """,
            Flags = [new("no-descriptions", FlagKind.Switch, "false", "disable completion descriptions")],
            Run = context =>
            {
                string asked = context.Flags["no-descriptions"].IsOn ? CompletionAnswer.PlainWord : CompletionAnswer.DescribedWord;
                context.Terminal.Output.Write(CompletionScripts.For(script, "etcdctl", asked));
                return Task.CompletedTask;
            },
        };
}
