using Etcdutl;
using Etcdutl.CommandLine;

return (int)new CommandLineRunner(CommandTree.Build(), Console.Out, Console.Error).Run(args);
