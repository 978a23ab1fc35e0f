namespace Etcd.Client;

/// <summary>A leader that leads no more wanted to proclaim something.</summary>
public sealed class LeadershipLostException : Exception
{
    /// <summary>Creates the exception, with the text of etcd's own client.</summary>
    public LeadershipLostException()
        : base("election: not leader")
    {
    }
}
