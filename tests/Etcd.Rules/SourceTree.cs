using Etcd.Testing;

namespace Etcd.Rules;

/// <summary>The files of the repository as a reader sees them: without build output and version control.</summary>
internal static class SourceTree
{
    private static readonly string[] SkippedDirectories = ["bin", "obj", "artifacts", "out", ".git", "TestResults", "node_modules"];

    /// <summary>Paths relative to the repository root, with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Files { get; } = FindFiles();

    public static string FullPath(string relativePath) => Path.Combine(SharedMaterial.RepositoryRoot, relativePath);

    public static string ReadText(string relativePath) => File.ReadAllText(FullPath(relativePath));

    public static IEnumerable<string> In(string directory, params string[] extensions) =>
        Files.Where(file => file.StartsWith(directory + "/", StringComparison.Ordinal)
            && extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal));

    private static List<string> FindFiles()
    {
        var found = new List<string>();
        var pending = new Stack<string>([SharedMaterial.RepositoryRoot]);
        while (pending.TryPop(out string? directory))
        {
            found.AddRange(Directory.EnumerateFiles(directory)
                .Select(file => Path.GetRelativePath(SharedMaterial.RepositoryRoot, file).Replace('\\', '/')));
            foreach (string child in Directory.EnumerateDirectories(directory))
            {
                string name = Path.GetFileName(child);
                if (!SkippedDirectories.Contains(name) && !name.EndsWith(".etcd", StringComparison.Ordinal))
                {
                    pending.Push(child);
                }
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
