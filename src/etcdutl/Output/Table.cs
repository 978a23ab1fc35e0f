namespace Etcdutl.Output;

/// <summary>A framed table of one row, titles centred and values to the right.</summary>
internal static class Table
{
    public static void Write(TextWriter output, params (string Title, string Value)[] columns)
    {
        int[] widths = [.. columns.Select(column => Math.Max(column.Title.Length, column.Value.Length))];
        WriteLine(output, widths, '┌', '┬', '┐');
        WriteRow(output, columns.Select((column, at) => Centre(column.Title, widths[at])));
        WriteLine(output, widths, '├', '┼', '┤');
        WriteRow(output, columns.Select((column, at) => column.Value.PadLeft(widths[at])));
        WriteLine(output, widths, '└', '┴', '┘');
    }

    private static void WriteLine(TextWriter output, int[] widths, char left, char middle, char right) =>
        output.WriteLine(left + string.Join(middle, widths.Select(width => new string('─', width + 2))) + right);

    private static void WriteRow(TextWriter output, IEnumerable<string> cells) => output.WriteLine($"│ {string.Join(" │ ", cells)} │");

    private static string Centre(string text, int width) => text.PadLeft(text.Length + ((width - text.Length) / 2)).PadRight(width);
}
