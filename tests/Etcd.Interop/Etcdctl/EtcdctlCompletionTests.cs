using Etcd.Interop.Service;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>The completion scripts in the shells they are for, as far as these are on the machine.</summary>
public sealed class EtcdctlCompletionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mem", "member")]
    [InlineData("member pro", "promote")]
    [InlineData("--dial", "--dial-timeout")]
    [InlineData("lock --tt", "--ttl")]
    [InlineData("-w json sna", "snapshot")]
    public async Task Bash_Word_IsCompleted(string typed, string expected)
    {
        string words = string.Join(' ', typed.Split(' ').Select(word => $"'{word}'"));
        Assert.Equal(expected, await RunAsync(
            "bash",
            $"""
            source <(etcdctl completion bash)
            COMP_WORDS=(etcdctl {words}); COMP_CWORD=$((${"{"}#COMP_WORDS[@]{"}"} - 1)); COMP_TYPE=9
            _etcdctl
            echo "${"{"}COMPREPLY[@]{"}"}"
            """));
    }

    // The functions of zsh's completion system work in a line editor only; here they show what they are given.
    [Theory]
    [InlineData("mem", "member:Membership related commands")]
    [InlineData("lock --tt", "--ttl:timeout for session")]
    public async Task Zsh_Word_IsCompletedWithItsDescription(string typed, string expected)
    {
        Assert.Equal(expected, await RunAsync(
            "zsh",
            $$"""
            compdef() { }
            _files() { print files }
            _describe() { print -l -- ${(P)2} }
            source <(etcdctl completion zsh)
            words=(etcdctl {{typed}}); CURRENT=${#words}
            _etcdctl
            """));
    }

    [Theory]
    [InlineData("etcdctl mem", "member\tMembership related commands")]
    [InlineData("etcdctl member pro", "promote\tPromotes a non-voting member in the cluster")]
    [InlineData("etcdctl lock --tt", "--ttl\ttimeout for session")]
    public async Task Fish_Word_IsCompletedWithItsDescription(string typed, string expected) =>
        Assert.Equal(expected, await RunAsync("fish", $"etcdctl completion fish | source; complete -C '{typed}'"));

    [Theory]
    [InlineData("etcdctl mem", "member\tMembership related commands")]
    [InlineData("etcdctl member pro", "promote\tPromotes a non-voting member in the cluster")]
    [InlineData("etcdctl lock --tt", "--ttl\ttimeout for session")]
    public async Task PowerShell_Word_IsCompletedWithItsDescription(string typed, string expected) => Assert.Equal(expected, await RunAsync(
        "pwsh",
        $$"""
        Invoke-Expression (etcdctl completion powershell | Out-String)
        $found = [System.Management.Automation.CommandCompletion]::CompleteInput('{{typed}}', {{typed.Length}}, $null)
        $found.CompletionMatches | ForEach-Object { "$($_.CompletionText)`t$($_.ToolTip)" }
        """));

    private static async Task<string> RunAsync(string shell, string script)
    {
        string path = $"{DotnetTools.Directory}:{Environment.GetEnvironmentVariable("PATH")}";
        string? program = path.Split(':').Select(directory => Path.Combine(directory, shell)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, $"there is no {shell} on this machine");
        CommandOutcome outcome = await new Command(program, ["-c", script])
        {
            Environment = new Dictionary<string, string>
            {
                ["PATH"] = $"{Path.GetDirectoryName(OurPrograms.Ctl)}:{path}",
                ["POWERSHELL_TELEMETRY_OPTOUT"] = "1",
            },
        }.RunAsync(Cancellation);
        return outcome.MustSucceed().Output.TrimEnd('\n');
    }
}
