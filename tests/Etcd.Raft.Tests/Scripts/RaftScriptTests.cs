using Etcd.Testing;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>The consensus scripts of etcd's raft library: every file, every byte of output.</summary>
/// <remarks>For development, the variable ETCD_RAFT_SCRIPTS_REWRITE names a directory that the scripts are written to with the
/// outputs they really produced, for review against the originals.</remarks>
public sealed class RaftScriptTests
{
    private static readonly string? RewriteDirectory = Environment.GetEnvironmentVariable("ETCD_RAFT_SCRIPTS_REWRITE");

    public static TheoryData<string> QuorumFiles => Files("quorum/testdata");

    public static TheoryData<string> ConfChangeFiles => Files("confchange/testdata");

    public static TheoryData<string> InteractionFiles => Files("testdata");

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(QuorumFiles))]
    public void Quorum_Script_GivesItsOutput(string file) => Run(file, QuorumScripts.Handle);

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(ConfChangeFiles))]
    public void ConfChange_Script_GivesItsOutput(string file) => Run(file, new ConfChangeScripts().Handle);

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(InteractionFiles))]
    public void Interaction_Script_GivesItsOutput(string file) => Run(file, new InteractionScripts().Handle);

    [Fact(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    public void Scripts_AllFortyOneFiles_AreRun() =>
        Assert.Equal((4, 9, 28), (QuorumFiles.Count, ConfChangeFiles.Count, InteractionFiles.Count));

    private static TheoryData<string> Files(string directory)
    {
        var files = new TheoryData<string>();
        if (SharedMaterial.IsPresent)
        {
            foreach (string path in Directory.GetFiles(SharedMaterial.PathOf("raft-testdata", directory), "*.txt").Order(StringComparer.Ordinal))
            {
                files.Add($"{directory}/{Path.GetFileName(path)}");
            }
        }
        else
        {
            // A theory without a case fails; this one is skipped.
            files.Add("absent");
        }

        return files;
    }

    private static void Run(string file, Func<ScriptDirective, string> handle)
    {
        ScriptFile script = ScriptFile.Read(SharedMaterial.PathOf("raft-testdata", file));
        var outputs = new List<string>();
        foreach (ScriptDirective directive in script.Directives)
        {
            string output = handle(directive);
            outputs.Add(output.Length == 0 || output.EndsWith('\n') ? output : output + "\n");
        }

        if (RewriteDirectory is not null)
        {
            string target = Path.Combine(RewriteDirectory, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, script.WithOutputs(outputs));
        }

        for (int i = 0; i < outputs.Count; i++)
        {
            ScriptDirective directive = script.Directives[i];
            Assert.True(
                directive.Expected == outputs[i],
                $"{file}:{directive.Line}: {directive.Head}\nexpected:\n{directive.Expected}\ngot:\n{outputs[i]}");
        }
    }
}
