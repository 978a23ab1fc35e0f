using System.Text;

namespace Etcdctl.Output;

/// <summary>Columns without lines around them: the first to the left, the others to the right.</summary>
internal static class Columns
{
    private const string Gap = "  ";

    public static void Write(OutputWriter output, ReplyTable table)
    {
        int[] widths = [.. table.Header.Select((title, column) => table.Rows.Select(row => CellWidth.Of(row[column])).Append(title.Length).Max())];
        WriteRow(output, table.Header, widths);
        foreach (string[] row in table.Rows)
        {
            WriteRow(output, row, widths);
        }
    }

    private static void WriteRow(OutputWriter output, string[] cells, int[] widths)
    {
        StringBuilder line = new();
        for (int column = 0; column < cells.Length; column++)
        {
            string space = new(' ', widths[column] - CellWidth.Of(cells[column]));
            line.Append(column == 0 ? cells[column] + space : Gap + space + cells[column]);
        }

        output.WriteLine(line.ToString().TrimEnd());
    }
}
