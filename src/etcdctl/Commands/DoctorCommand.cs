using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Diagnosis;

namespace Etcdctl.Commands;

/// <summary>Looks at a cluster, says what is wrong with it and what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create() => new("doctor", "Checks a cluster and says what is wrong and what to do")
    {
        Description = """
            All members are asked, whichever endpoints are given. The exit code is 1 when a problem is found; warnings leave it at 0.
            Comparing the data of the members reads all of it on each of them once.
            """,
        IsLater = true,
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        Session session = Session.Open(context, isLongLived: true, isQuiet: true);
        ClusterView view = await new ClusterProbe(session, context.Flags["command-timeout"].Duration).LookAsync();
        IReadOnlyList<Finding> findings = Doctor.Examine(view);
        session.Printer.Findings(findings);
        if (findings.Any(finding => finding.Severity == Severity.Problem))
        {
            throw CommandFailedException.AlreadyTold(ExitCode.Error);
        }
    }
}
