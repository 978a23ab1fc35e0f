using System.Text;

namespace Etcdutl.Output;

/// <summary>Standard error. What it does not take is lost: nobody's work ends because a notice of it could not be written.</summary>
internal sealed class ErrorOutput(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void WriteLine(StringBuilder? value) => WriteLine(value?.ToString());

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // There is nobody else to tell.
            return;
        }
    }
}
