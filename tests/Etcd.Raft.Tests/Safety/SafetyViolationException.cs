namespace Etcd.Raft.Tests.Safety;

/// <summary>One of the raft paper's safety rules was broken.</summary>
public sealed class SafetyViolationException : Exception
{
    public SafetyViolationException()
    {
    }

    public SafetyViolationException(string message)
        : base(message)
    {
    }

    public SafetyViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
