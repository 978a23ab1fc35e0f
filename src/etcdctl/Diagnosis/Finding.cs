namespace Etcdctl.Diagnosis;

/// <summary>What one check found.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Check">Name of the check.</param>
/// <param name="Message">What is so.</param>
/// <param name="Advice">What to do; empty when nothing is to be done.</param>
internal sealed record Finding(Severity Severity, string Check, string Message, string Advice = "")
{
    public static Finding Good(string check, string message) => new(Severity.Good, check, message);

    public static Finding Warning(string check, string message, string advice) => new(Severity.Warning, check, message, advice);

    public static Finding Problem(string check, string message, string advice) => new(Severity.Problem, check, message, advice);
}
