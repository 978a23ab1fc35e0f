namespace Etcdctl.Text;

/// <summary>The command line with its exact bytes.</summary>
internal static class ProcessArguments
{
    /// <summary>Gives the arguments with bytes that are not UTF-8 kept in the form of <see cref="RawText"/>.</summary>
    /// <remarks>The runtime has put U+FFFD where it found such bytes; only then the process's own record of them is read.</remarks>
    public static string[] Exact(string[] arguments)
    {
        bool isDamaged = Array.Exists(arguments, argument => argument.Contains('\uFFFD', StringComparison.Ordinal));
        return isDamaged ? Read(arguments.Length) : arguments;
    }

    private static string[] Read(int count)
    {
        List<string> all = [];
        ReadOnlySpan<byte> rest = File.ReadAllBytes("/proc/self/cmdline");
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            all.Add(RawText.Decode(end < 0 ? rest : rest[..end]));
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        // Before them stand the program and, when started through it, the runtime's host.
        return [.. all.Skip(all.Count - count)];
    }
}
