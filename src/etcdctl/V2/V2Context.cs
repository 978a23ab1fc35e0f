using Etcdctl.Output;

namespace Etcdctl.V2;

/// <summary>What a command works with.</summary>
/// <param name="Global">Flags before the command.</param>
/// <param name="Arguments">Flags and words after it.</param>
/// <param name="Terminal">Standard input, output and error.</param>
internal sealed record V2Context(V2Arguments Global, V2Arguments Arguments, Terminal Terminal)
{
    /// <summary>How replies are printed.</summary>
    public string Format => Global.Text("output");

    /// <summary>An argument that must be there.</summary>
    /// <exception cref="CommandFailedException">It is not.</exception>
    public string Require(int position, string name) => position < Arguments.Words.Count
        ? Arguments.Words[position]
        : throw Failed(V2ExitCode.BadArguments, name + " required");

    /// <summary>A value: an argument, or else all of standard input.</summary>
    /// <exception cref="CommandFailedException">There is none.</exception>
    public string RequireValue(int position)
    {
        if (position < Arguments.Words.Count)
        {
            return Arguments.Words[position];
        }

        using var input = new MemoryStream();
        Terminal.Input.CopyTo(input);
        string text = System.Text.Encoding.UTF8.GetString(input.ToArray());
        return text.Length > 0 ? text : throw Failed(V2ExitCode.BadArguments, "value required");
    }

    /// <summary>Ends the program with a message.</summary>
    public static CommandFailedException Failed(int code, string message) => new((ExitCode)code, "Error:  " + message);

    /// <summary>A client of the cluster, which has asked it for its members unless told not to.</summary>
    /// <exception cref="CommandFailedException">No member answers.</exception>
    public Task<V2Client> ConnectAsync() => V2Client.ConnectAsync(Global, Terminal);
}
