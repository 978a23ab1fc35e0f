namespace Etcd.Raft.Tests.Scripts;

/// <summary>A script: commands with the output they are to produce, run in order against one environment.</summary>
internal sealed class ScriptFile
{
    private readonly string[] _lines;

    private ScriptFile(string path)
    {
        _lines = File.ReadAllLines(path);
        Directives = Parse();
    }

    public IReadOnlyList<ScriptDirective> Directives { get; }

    public static ScriptFile Read(string path) => new(path);

    /// <summary>The script with other outputs in place of the expected ones.</summary>
    public string WithOutputs(IReadOnlyList<string> outputs)
    {
        var text = new List<string>();
        int copied = 0;
        for (int i = 0; i < Directives.Count; i++)
        {
            ScriptDirective directive = Directives[i];
            text.AddRange(_lines[copied..directive.ExpectedStart]);
            text.AddRange(outputs[i].TrimEnd('\n').Split('\n'));
            copied = directive.ExpectedStart + directive.ExpectedCount;
        }

        text.AddRange(_lines[copied..]);
        return string.Join('\n', text) + "\n";
    }

    private List<ScriptDirective> Parse()
    {
        var directives = new List<ScriptDirective>();
        for (int at = 0; at < _lines.Length; at++)
        {
            string head = _lines[at].Trim();
            if (head.Length == 0 || head[0] == '#')
            {
                continue;
            }

            int separator = Array.IndexOf(_lines, "----", at);
            int start = separator + 1;
            int end = start;
            while (end < _lines.Length && _lines[end].Trim().Length > 0)
            {
                end++;
            }

            string input = string.Join('\n', _lines[(at + 1)..separator]).Trim();
            string expected = string.Concat(_lines[start..end].Select(line => line + "\n"));
            directives.Add(new ScriptDirective(at + 1, head, input, expected, start, end - start));
            at = end;
        }

        return directives;
    }
}
