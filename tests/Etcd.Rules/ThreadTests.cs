using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>A member runs whole in one thread of a simulation only if nothing in it starts a thread or leaves for the pool by itself
/// (docs/internals/simulation.md).</summary>
public partial class ThreadTests
{
    [GeneratedRegex(@"\bTask\.(Run|Yield|Factory)\b|\bnew Thread\(|\bParallel\.|\bThreadPool\.|\bThread\.Sleep\(|\.CancelAsync\(\)"
        + @"|\bRunContinuationsAsynchronously\b|\bSemaphoreSlim\b|\bChannel\.Create|\bSystem\.Threading\.Timer\b|\bnew Timer\("
        + @"|\bnew PeriodicTimer\([^,()]*\)|\bTask\.Delay\(|\bTimeProvider\.System\b|\bDateTime(Offset)?\.(Utc)?Now\b|\bGuid\.NewGuid\b")]
    private static partial Regex LeavesTheCaller();

    // Work without a member: offline tools, and settings that are checked before there is one.
    private static readonly string[] Exempt =
        ["src/Etcd.Server/Pumps/", "src/Etcd.Server/Offline/", "src/Etcd.Server/Access/TokenChoice.cs"];

    [Fact]
    public void Server_WorkBesideTheCaller_GoesThroughItsExecution()
    {
        IEnumerable<string> matches =
            from file in SourceTree.In("src/Etcd.Server", ".cs")
            where !Array.Exists(Exempt, start => file.StartsWith(start, StringComparison.Ordinal))
            let text = SourceTree.ReadText(file)
            from Match match in LeavesTheCaller().Matches(text)
            select $"{file}:{1 + text.AsSpan(0, match.Index).Count('\n')}: {match.Value}: use Etcd.Server.Pumps.Execution";

        Assert.Empty(matches);
    }
}
