using Etcdctl.Diagnosis;

namespace Etcdctl.Output;

/// <summary>Findings for the eye: one line each, what to do below it. In colour on a terminal.</summary>
internal static class FindingText
{
    public static void Write(OutputWriter output, IReadOnlyList<Finding> findings)
    {
        bool hasColour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        foreach (Finding finding in findings)
        {
            (string mark, string colour) = finding.Severity switch
            {
                Severity.Problem => ("PROBLEM", "\u001b[31m"),
                Severity.Warning => ("WARNING", "\u001b[33m"),
                _ => ("ok", "\u001b[32m"),
            };
            string padded = mark.PadRight(7);
            output.WriteLine($"{(hasColour ? colour + padded + "\u001b[0m" : padded)} {finding.Check}: {finding.Message}");
            if (finding.Advice.Length > 0)
            {
                output.WriteLine("        " + finding.Advice);
            }
        }

        int problems = findings.Count(finding => finding.Severity == Severity.Problem);
        int warnings = findings.Count(finding => finding.Severity == Severity.Warning);
        output.WriteLine(problems + warnings == 0 ? "The cluster is well." : $"problems: {problems}, warnings: {warnings}");
    }
}
