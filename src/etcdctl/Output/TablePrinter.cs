using Etcd.Protocol.Rpc;
using Etcdctl.History;
using Etcdctl.Top;

namespace Etcdctl.Output;

/// <summary>Boxed tables of members and endpoints; other replies have no table.</summary>
internal sealed class TablePrinter(OutputWriter output) : Printer("table", output)
{
    public override void Members(MemberListResponse reply) => Write(ReplyTable.OfMembers(reply));

    public override void Health(IReadOnlyList<EndpointHealth> endpoints) => Write(ReplyTable.OfHealth(endpoints));

    public override void Status(IReadOnlyList<EndpointReply<StatusResponse>> endpoints) => Write(ReplyTable.OfStatus(endpoints));

    public override void HashKv(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints) => Write(ReplyTable.OfHashes(endpoints));

    public override void History(KeyHistory history) => Write(ReportTable.OfHistory(history));

    public override void Sample(ClusterSample sample)
    {
        Write(ReportTable.OfMembers(sample));
        Write(ReportTable.OfHotPrefixes(sample));
    }

    private void Write(ReplyTable table)
    {
        int[] widths = new int[table.Header.Length];
        for (int column = 0; column < widths.Length; column++)
        {
            widths[column] = CellWidth.Of(table.Header[column]);
            foreach (string[] row in table.Rows)
            {
                widths[column] = Math.Max(widths[column], CellWidth.Of(row[column].Trim()));
            }
        }

        Rule(widths, "┌", "┬", "┐");
        Row(table.Header, widths, centred: true);
        Rule(widths, "├", "┼", "┤");
        foreach (string[] row in table.Rows)
        {
            Row(row, widths, centred: false);
        }

        Rule(widths, "└", "┴", "┘");
    }

    private void Rule(int[] widths, string left, string middle, string right)
    {
        for (int column = 0; column < widths.Length; column++)
        {
            Output.Write(column == 0 ? left : middle);
            Output.Write(new string('─', widths[column] + 2));
        }

        Output.WriteLine(right);
    }

    private void Row(string[] cells, int[] widths, bool centred)
    {
        for (int column = 0; column < widths.Length; column++)
        {
            string cell = cells[column].Trim();
            int space = widths[column] - CellWidth.Of(cell);
            int left = centred ? space / 2 : space;
            Output.Write("│ ");
            Output.Write(new string(' ', left) + cell + new string(' ', space - left + 1));
        }

        Output.WriteLine("│");
    }
}
