using Etcdctl;
using Etcdctl.CommandLine;
using Etcdctl.Completion;
using Etcdctl.Output;
using Etcdctl.Text;
using Etcdctl.V2;

using Terminal terminal = Terminal.OfProcess();
try
{
    if (V2Program.Takes(args))
    {
        await V2Program.RunAsync(ProcessArguments.Exact(args), terminal);
        terminal.Flush();
        return (int)ExitCode.Success;
    }

    ApiVersion.Check();
    Command root = CommandTree.Create();
    if (!new CompletionAnswer(root, terminal.Output.WriteLine, terminal.Error.WriteLine).TryAnswer(args))
    {
        await new CommandLineRunner(root, terminal).RunAsync(ProcessArguments.Exact(args));
    }

    terminal.Flush();
    return (int)ExitCode.Success;
}
catch (CommandFailedException failure)
{
    if (failure.Message.Length > 0)
    {
        terminal.Error.WriteLine(failure.Message);
    }

    return (int)failure.Code;
}
#pragma warning disable CA1031 // Whatever the reason, a user reads one clear line.
catch (Exception failure)
{
    terminal.Error.WriteLine($"Error: {failure.Message}");
    return (int)ExitCode.Error;
}
#pragma warning restore CA1031
