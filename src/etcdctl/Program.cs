using Etcdctl;
using Etcdctl.CommandLine;
using Etcdctl.Output;
using Etcdctl.Text;

using Terminal terminal = Terminal.OfProcess();
try
{
    ApiVersion.Check();
    CommandLineRunner runner = new(CommandTree.Create(), terminal);
    return (int)await runner.RunAsync(ProcessArguments.Exact(args));
}
catch (CommandFailedException failure)
{
    terminal.Error.WriteLine(failure.Message);
    return (int)failure.Code;
}
