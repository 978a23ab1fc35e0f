namespace Etcd.Interop.V2;

/// <summary>Calls of etcdctl as the scripts write them.</summary>
internal static class V2Script
{
    /// <summary>The calls: one a line, <c>#</c> begins a comment, an open quote goes on in the next line.</summary>
    public static IEnumerable<string> Calls(string script)
    {
        string call = "";
        foreach (string line in script.Split('\n'))
        {
            if (call.Length == 0 && (line.Length == 0 || line[0] == '#'))
            {
                continue;
            }

            call = call.Length == 0 ? line : call + "\n" + line;
            if (call.Count(character => character == '"') % 2 == 0)
            {
                yield return call;
                call = "";
            }
        }
    }

    /// <summary>The call as a line for the shell; <c>ctl</c> stands for the program where the line is more than its arguments.</summary>
    public static string ForShell(string call) =>
        """ctl() { timeout 10 "$CTL" --endpoints "$U" "$@"; }; """ +
        (call.Contains("ctl ", StringComparison.Ordinal) ? call : $"ctl {call} </dev/null");
}
