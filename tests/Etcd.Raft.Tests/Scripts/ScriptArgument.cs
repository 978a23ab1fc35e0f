namespace Etcd.Raft.Tests.Scripts;

/// <summary>An argument of a script command: <c>key</c>, <c>key=value</c> or <c>key=(v1, v2)</c>.</summary>
internal sealed record ScriptArgument(string Key, IReadOnlyList<string> Values)
{
    public static List<ScriptArgument> ParseAll(string line, out string command)
    {
        var words = new List<ScriptArgument>();
        int at = 0;
        while (at < line.Length)
        {
            if (line[at] == ' ')
            {
                at++;
                continue;
            }

            words.Add(ParseOne(line, ref at));
        }

        command = words[0].Key;
        words.RemoveAt(0);
        return words;
    }

    private static ScriptArgument ParseOne(string line, ref int at)
    {
        int start = at;
        while (at < line.Length && line[at] is not (' ' or '='))
        {
            at++;
        }

        string key = line[start..at];
        if (at == line.Length || line[at] == ' ')
        {
            return new ScriptArgument(key, []);
        }

        at++;
        start = at;
        bool isList = at < line.Length && line[at] == '(';
        char end = isList ? ')' : ' ';
        while (at < line.Length && line[at] != end)
        {
            at++;
        }

        string value = isList ? line[(start + 1)..at] : line[start..at];
        at++;
        return new ScriptArgument(key, value.Split(',', StringSplitOptions.TrimEntries));
    }
}
