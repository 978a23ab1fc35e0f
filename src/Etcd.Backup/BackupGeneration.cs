using System.Globalization;

using Etcd.Disk;

namespace Etcd.Backup;

/// <summary>A base snapshot of a backup directory and the changes that follow it.</summary>
/// <param name="Directory">The backup directory.</param>
/// <param name="Revision">The base holds everything up to this revision, and may hold more.</param>
public sealed record BackupGeneration(string Directory, long Revision)
{
    private const string BasePrefix = "base-";
    private const string BaseSuffix = ".db";

    /// <summary>The snapshot, as <c>etcdctl snapshot save</c> writes it.</summary>
    public string BasePath => Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"{BasePrefix}{Revision:x16}{BaseSuffix}"));

    /// <summary>The changes from <see cref="Revision"/> + 1 on.</summary>
    public string ChangesPath => Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"changes-{Revision:x16}.log"));

    /// <summary>All generations of a directory that have a base, oldest first.</summary>
    public static IReadOnlyList<BackupGeneration> All(IFileSystem fileSystem, string directory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        return !fileSystem.DirectoryExists(directory)
            ? []
            : [.. fileSystem.List(directory).Select(name => Parse(directory, name)).OfType<BackupGeneration>().OrderBy(generation => generation.Revision)];
    }

    /// <summary>Deletes both files; what is left after a crash in between is found again and deleted the next time.</summary>
    public void Delete(IFileSystem fileSystem)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        // A base alone is a backup; changes alone are not, so they go first.
        fileSystem.DeleteFile(ChangesPath);
        fileSystem.DeleteFile(BasePath);
        fileSystem.SyncDirectory(Directory);
    }

    private static BackupGeneration? Parse(string directory, string name) =>
        name.StartsWith(BasePrefix, StringComparison.Ordinal)
        && name.EndsWith(BaseSuffix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan()[BasePrefix.Length..^BaseSuffix.Length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long revision)
            ? new BackupGeneration(directory, revision)
            : null;
}
