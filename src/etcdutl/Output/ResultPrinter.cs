using System.Globalization;

using Etcdutl.CommandLine;

namespace Etcdutl.Output;

/// <summary>One value of a result in each of its forms.</summary>
/// <param name="Column">Title in a table.</param>
/// <param name="Text">For people: one line, or a table.</param>
/// <param name="Field">Name in the list of fields.</param>
/// <param name="JsonName">Name in JSON.</param>
/// <param name="Number">The exact value.</param>
internal readonly record struct ResultValue(string Column, string Text, string Field, string JsonName, long Number);

/// <summary>Prints a result as <c>--write-out</c> asks.</summary>
internal static class ResultPrinter
{
    /// <summary>Refuses a format that cannot be printed, before any work is done.</summary>
    /// <exception cref="CommandFailedException">There is no such format.</exception>
    public static string FormatOf(Invocation invocation) => invocation.Flags.Text("write-out") switch
    {
        "simple" or "json" or "fields" or "table" or "protobuf" => invocation.Flags.Text("write-out"),
        _ => throw new CommandFailedException(ExitCode.BadFeature, "unsupported output format"),
    };

    /// <exception cref="CommandFailedException">The result has no such form.</exception>
    public static void Print(TextWriter output, string format, params ResultValue[] values)
    {
        switch (format)
        {
            case "json":
                output.WriteLine($"{{{string.Join(',', values.Select(value => $"\"{value.JsonName}\":{Exact(value)}"))}}}");
                break;
            case "fields":
                foreach (ResultValue value in values)
                {
                    output.WriteLine($"\"{value.Field}\" : {Exact(value)}");
                }

                break;
            case "table":
                Table.Write(output, [.. values.Select(value => (value.Column, value.Text))]);
                break;
            case "protobuf":
                throw new CommandFailedException(ExitCode.BadFeature, "protobuf not supported as output format");
            default:
                output.WriteLine(string.Join(", ", values.Select(value => value.Text)));
                break;
        }
    }

    private static string Exact(ResultValue value) => value.Number.ToString(CultureInfo.InvariantCulture);
}
