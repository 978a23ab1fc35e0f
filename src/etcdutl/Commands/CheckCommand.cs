using System.Globalization;
using System.Text;

using Etcd.Disk.Linux;
using Etcd.Server.Offline.Inspection;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl check</c>: reads all of a data directory and reports every broken record. Real etcd has only the subcommand, and its help
/// is kept as it is there.</summary>
internal static class CheckCommand
{
    public static Command Create() => new("check", "commands for checking properties")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Reads log, snapshots and database of a data directory not in use by etcd") { IsHidden = true },
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Optional. A dedicated WAL directory.") { IsHidden = true },
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        if (!invocation.Flags.IsGiven("data-dir"))
        {
            // The command of real etcd does nothing but list its subcommands.
            invocation.ShowHelp();
            return;
        }

        string format = ResultPrinter.FormatOf(invocation);
        if (format is not ("simple" or "json"))
        {
            throw new CommandFailedException(ExitCode.BadFeature, $"{format} not supported as output format");
        }

        CheckReport report;
        using (ProgressBar? bar = ProgressBar.OnTerminal(invocation, "checking"))
        {
            report = DataDirectoryCheck.Run(LinuxFileSystem.Instance, DataDirectoryFlags.Read(invocation), LockTimeout.Of(invocation), bar);
        }

        invocation.Output.Write(format == "json" ? Json(report) + "\n" : Text(report));
        if (report.IsDamaged)
        {
            throw new CommandFailedException(ExitCode.Error, $"{report.Findings.Count(finding => !finding.IsTorn)} broken");
        }
    }

    private static string Text(CheckReport report)
    {
        var text = new StringBuilder();
        foreach (CheckFinding finding in report.Findings)
        {
            string place = finding.Offset is { } offset ? string.Create(CultureInfo.InvariantCulture, $"{finding.File}: offset {offset}") : finding.File;
            text.Append(place).Append(finding.IsTorn ? ": torn: " : ": broken: ").Append(finding.Problem).Append('\n');
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"{report.LogRecords} log records in {report.LogSegments} segments up to index {report.LastIndex}, {report.Snapshots} snapshots, {report.DatabasePairs} pairs up to index {report.ConsistentIndex}\n")
            .ToString();
    }

    private static string Json(CheckReport report) => JsonText.Write(json =>
    {
        json.WriteStartArray("findings");
        foreach (CheckFinding finding in report.Findings)
        {
            json.WriteStartObject();
            json.WriteString("file", finding.File);
            if (finding.Offset is { } offset)
            {
                json.WriteNumber("offset", offset);
            }

            json.WriteString("kind", finding.IsTorn ? "torn" : "broken");
            json.WriteString("problem", finding.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("logSegments", report.LogSegments);
        json.WriteNumber("logRecords", report.LogRecords);
        json.WriteNumber("lastIndex", report.LastIndex);
        json.WriteNumber("snapshots", report.Snapshots);
        json.WriteNumber("databasePairs", report.DatabasePairs);
        json.WriteNumber("consistentIndex", report.ConsistentIndex);
        json.WriteBoolean("damaged", report.IsDamaged);
    });
}
