using System.Text;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Scripting;

/// <summary>Runs the commands of a script one after the other against one server and writes down what they print.</summary>
internal sealed class ScriptRunner(ScriptClient client, EtcdServer server, string directory)
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(20);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ChangingParts _changing = new(server.Endpoint, directory);
    private readonly StringBuilder _transcript = new();

    /// <returns>The transcript: each command, what it printed, its error (<c>!</c>) and its exit code unless that is 0 (<c>?</c>).</returns>
    public async Task<string> RunAsync(IReadOnlyList<ScriptCommand> commands)
    {
        foreach (ScriptCommand command in commands)
        {
            _transcript.Append("$ ").Append(command.Text).Append('\n');
            foreach (string line in command.Input)
            {
                _transcript.Append("< ").Append(line).Append('\n');
            }

            await RunAsync(command);
        }

        return _transcript.ToString();
    }

    private async Task RunAsync(ScriptCommand command)
    {
        Command process = ProcessFor(command);
        if (command.StopAfterLines > 0)
        {
            await RunUntilLinesAsync(process, command);
            return;
        }

        CommandOutcome outcome = await process.RunAsync();
        AppendOutput(Encoding.Latin1.GetBytes(outcome.Output));
        AppendErrors(outcome.Errors);
        if (outcome.ExitCode != 0)
        {
            _transcript.Append("? ").Append(outcome.ExitCode).Append('\n');
        }
    }

    private async Task RunUntilLinesAsync(Command process, ScriptCommand command)
    {
        int seen = 0;
        await using var running = RunningCommand.Start(process with { OutputEncoding = Encoding.UTF8 });
        foreach (string line in command.Input)
        {
            await running.WriteLineAsync(line);
        }

        try
        {
            await running.Output.WaitForAsync(_ => ++seen >= command.StopAfterLines, CommandLimit);
        }
        catch (TimeoutException)
        {
            // What did come is in the transcript below, where the difference to the expected one shows.
            _transcript.Append("! ended with ").Append(running.Output.Lines.Count).Append(" lines\n");
        }

        await running.KillAsync();
        AppendOutput(Encoding.UTF8.GetBytes(string.Concat(running.Output.Lines.Take(command.StopAfterLines).Select(line => line + "\n"))));
    }

    private Command ProcessFor(ScriptCommand command)
    {
        IReadOnlyList<string> words = [.. command.Words().Select(_changing.Fill)];
        Command process = words[0] switch
        {
            "etcdctl" => new Command(client.Ctl(), ["--endpoints", server.Endpoint, .. words.Skip(1)]),
            "curl" => new Command("/usr/bin/curl", ["--silent", "--show-error", $"http://{server.Endpoint}{words[1]}", .. words.Skip(2)]),
            _ => throw new InvalidDataException($"a script cannot run '{words[0]}'"),
        };
        return process with
        {
            Limit = CommandLimit,
            Input = string.Concat(command.Input.Select(line => _changing.Fill(line) + "\n")),
            OutputEncoding = Encoding.Latin1,
            Environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "3" },
        };
    }

    private void AppendOutput(byte[] output)
    {
        string text = _changing.Name(TextOf(output));
        _transcript.Append(text);
        if (text.Length > 0 && text[^1] != '\n')
        {
            _transcript.Append("<no newline>\n");
        }
    }

    // Only the message counts: lines of log before it carry times, addresses and source lines, and usage texts follow it.
    private void AppendErrors(string errors)
    {
        foreach (string line in errors.Split('\n').Where(line => line.StartsWith("Error:", StringComparison.Ordinal)))
        {
            _transcript.Append("! ").Append(_changing.Name(line)).Append('\n');
        }
    }

    private static string TextOf(byte[] output)
    {
        try
        {
            string text = StrictUtf8.GetString(output);
            return text.Any(character => char.IsControl(character) && character is not ('\n' or '\t' or '\r')) ? Hexadecimal(output) : text;
        }
        catch (DecoderFallbackException)
        {
            return Hexadecimal(output);
        }
    }

    private static string Hexadecimal(byte[] output) => $"hex {Convert.ToHexStringLower(output)}\n";
}
