namespace Etcd.Disk;

/// <summary>The directories of a path that are still to be made, and how their names become durable.</summary>
/// <remarks><see cref="IFileSystem.CreateDirectory"/> makes all that are missing. Each of their names is durable once the directory it stands in is
/// synced: with one of them left out, a loss of power takes everything below it away.</remarks>
public static class MissingDirectories
{
    /// <summary>The directory and those above it that do not exist, innermost first.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">A directory; empty for none.</param>
    public static IReadOnlyList<string> Of(IFileSystem fileSystem, string path)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(path);
        List<string> missing = [];
        string? whole = path.Length == 0 ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        for (string? at = whole; !string.IsNullOrEmpty(at) && !fileSystem.DirectoryExists(at); at = Path.GetDirectoryName(at))
        {
            missing.Add(at);
        }

        return missing;
    }

    /// <summary>The directories that names stand in, each once, in the order of the names.</summary>
    public static IReadOnlyList<string> ParentsOf(IEnumerable<string> paths) =>
        [.. paths.Select(path => Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) ?? "/").Distinct(StringComparer.Ordinal)];

    /// <summary>Makes a directory and those above it, and their names durable.</summary>
    public static void Create(IFileSystem fileSystem, string path)
    {
        IReadOnlyList<string> missing = Of(fileSystem, path);
        fileSystem.CreateDirectory(path);

        // The directory itself too where it exists: whoever has made it may have been killed before he came to this.
        foreach (string parent in ParentsOf([path, .. missing]))
        {
            fileSystem.SyncDirectory(parent);
        }
    }
}
