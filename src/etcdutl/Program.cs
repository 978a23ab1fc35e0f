using System.Text;

using Etcdutl;
using Etcdutl.CommandLine;
using Etcdutl.Output;

// A dump has many lines: they leave in large pieces. Disposed, it would once more try to write what a full disk has refused.
var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 64 << 10);
var errors = new ErrorOutput(Console.Error);
ExitCode exitCode = new CommandLineRunner(CommandTree.Build(), output, errors).Run(args);
try
{
    output.Flush();
}
catch (IOException failure)
{
    errors.WriteLine($"Error: {failure.Message}");
    exitCode = ExitCode.Error;
}

return (int)exitCode;
