using Etcdctl;
using Etcdctl.CommandLine;
using Etcdctl.Output;
using Etcdctl.Text;

using Terminal terminal = Terminal.OfProcess();
try
{
    ApiVersion.Check();
    CommandLineRunner runner = new(CommandTree.Create(), terminal);
    await runner.RunAsync(ProcessArguments.Exact(args));
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
