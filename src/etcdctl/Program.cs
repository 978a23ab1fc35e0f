using Etcdctl;
using Etcdctl.CommandLine;
using Etcdctl.Completion;
using Etcdctl.Output;
using Etcdctl.Text;

using Terminal terminal = Terminal.OfProcess();
try
{
    ApiVersion.Check();
    Command root = CommandTree.Create();
    if (!new CompletionAnswer(root, terminal).TryAnswer(args))
    {
        await new CommandLineRunner(root, terminal).RunAsync(ProcessArguments.Exact(args));
    }

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
