using Etcdctl.Text;

namespace Etcdctl.Output;

/// <summary>Standard input, output and error of the program; each is opened at its first use.</summary>
internal sealed class Terminal(Func<Stream> input, Func<Stream> output, Func<Stream> error) : IDisposable
{
    private Stream? _input;
    private InputLines? _lines;

    /// <summary>Standard input as bytes.</summary>
    public Stream Input => _input ??= input();

    /// <summary>Standard input as lines; one reader for all who ask, since it reads ahead.</summary>
    public InputLines Lines => _lines ??= new InputLines(Input);

    /// <summary>Standard output.</summary>
    public OutputWriter Output { get; } = new(output);

    /// <summary>Standard error.</summary>
    public OutputWriter Error { get; } = new(error);

    /// <summary>The descriptors of the process.</summary>
    /// <remarks>Bare streams: the console's readers and writers would load encodings and the terminal database at start-up.</remarks>
    public static Terminal OfProcess() =>
        new(Console.OpenStandardInput, Console.OpenStandardOutput, Console.OpenStandardError);

    /// <summary>Flushes both outputs, standard output first. Whoever cannot be told of an error has not failed for it.</summary>
    public void Flush()
    {
        Output.Flush();
        TryFlush(Error);
    }

    /// <summary>Flushes what is left when a command has failed: whoever succeeds flushes before.</summary>
    public void Dispose()
    {
        // Why the command has failed is about to be told; that its output cannot be written either adds nothing.
        TryFlush(Output);
        TryFlush(Error);
    }

    private static void TryFlush(OutputWriter writer)
    {
        try
        {
            writer.Flush();
        }
        catch (IOException)
        {
            // What was to be flushed is forgotten, and a later flush has nothing left to fail with.
            return;
        }
    }
}
