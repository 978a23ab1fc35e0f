using System.Text;

using Etcdutl;
using Etcdutl.CommandLine;

// A dump has many lines: they leave in large pieces.
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 << 10);
int exitCode = (int)new CommandLineRunner(CommandTree.Build(), output, Console.Error).Run(args);
output.Flush();
return exitCode;
