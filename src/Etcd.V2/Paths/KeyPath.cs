namespace Etcd.V2.Paths;

/// <summary>Paths of the tree: absolute, segments apart by one slash, no slash at the end, no <c>.</c> or <c>..</c>.</summary>
public static class KeyPath
{
    /// <summary>The path of the root.</summary>
    public const string Root = "/";

    /// <summary>Brings any text into the form of a path. <c>..</c> above the root stays at the root.</summary>
    public static string Clean(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsClean(path) ? path : CleanSegments(path);
    }

    /// <summary>Joins a directory and what is asked for below it; <c>..</c> may lead out of the directory, as in etcd.</summary>
    public static string Join(string directory, string path) => Clean(directory + "/" + path);

    /// <summary>The segments of a clean path; none for the root.</summary>
    internal static string[] SegmentsOf(string cleanPath) => cleanPath.Length == 1 ? [] : cleanPath[1..].Split('/');

    /// <summary>Path of a child.</summary>
    internal static string Child(string directory, string name) =>
        directory.Length == 1 ? "/" + name : string.Concat(directory, "/", name);

    /// <summary>Whether listings leave out a node of that name.</summary>
    public static bool IsHiddenName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith('_');
    }

    /// <summary>Whether a change at <paramref name="keyPath"/> is kept from a watcher of <paramref name="watchPath"/>, because a segment
    /// between them is hidden.</summary>
    internal static bool IsHiddenFrom(string watchPath, string keyPath)
    {
        // Who watches below a directory that is deleted must hear of it: there the key is the shorter one.
        if (watchPath.Length > keyPath.Length)
        {
            return false;
        }

        ReadOnlySpan<char> below = keyPath.AsSpan(watchPath.Length);
        return below.Contains("/_", StringComparison.Ordinal) || (watchPath.Length == 1 && below.StartsWith('_'));
    }

    private static bool IsClean(string path)
    {
        if (path.Length == 0 || path[0] != '/')
        {
            return false;
        }

        if (path.Length == 1)
        {
            return true;
        }

        int start = 1;
        while (start <= path.Length)
        {
            int end = path.IndexOf('/', start);
            end = end < 0 ? path.Length : end;
            if (path.AsSpan(start, end - start) is "" or "." or "..")
            {
                return false;
            }

            start = end + 1;
        }

        return true;
    }

    private static string CleanSegments(string path)
    {
        var kept = new List<string>();
        foreach (string segment in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
            {
                if (kept.Count > 0)
                {
                    kept.RemoveAt(kept.Count - 1);
                }
            }
            else if (segment != ".")
            {
                kept.Add(segment);
            }
        }

        return "/" + string.Join('/', kept);
    }
}
