namespace Etcd.Interop.Documentation;

/// <summary>An example of docs/api.md.</summary>
/// <param name="Call">Which call it shows.</param>
/// <param name="Command">What a reader types.</param>
/// <param name="Answers">Lines that are printed then, where numbers, ids and what stands as <c>…</c> may be any.</param>
internal sealed record ApiExample(string Call, string Command, string[] Answers)
{
    /// <summary>Whether it changes members, which takes a second one.</summary>
    public bool ChangesMembers => Call is "add a member" or "update it" or "promote it" or "move the leader to it" or "remove it"
        or "MemberAdd" or "MemberUpdate" or "MemberPromote" or "MoveLeader" or "MemberRemove";

    /// <summary>Whether it goes on printing until it is ended.</summary>
    public bool GoesOn => Command.StartsWith("curl -N ", StringComparison.Ordinal) || Call is "Watch" or "Campaign, Proclaim, Resign" or "Leader, Observe";

    /// <summary>What keeps what was printed from being what the page says; empty when it is.</summary>
    /// <param name="output">What was printed.</param>
    public string MissingFrom(string output)
    {
        string[] lines = [.. output.Split('\n').Select(line => ApiPage.Joined(line).Trim())];
        string[] missing = [.. Answers.Where(answer => !lines.Any(line => ApiPage.Says(answer.Trim(), line)))];
        return missing.Length == 0 ? "" : $"{Command}\nexpected {string.Join('\n', missing)}\nprinted {output}";
    }
}
