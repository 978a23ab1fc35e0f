using System.Globalization;

using Etcd.Disk;

namespace Etcd.Backup;

/// <summary>A base snapshot of a backup directory and the changes that follow it.</summary>
/// <param name="Directory">The backup directory.</param>
/// <param name="Revision">The base holds everything up to this revision, and may hold more.</param>
/// <param name="History">Which history of the cluster it belongs to, from <see cref="FirstHistory"/>. A cluster that is put back to an earlier state
/// begins another: its revisions come a second time, with other content.</param>
public sealed record BackupGeneration(string Directory, long Revision, int History = BackupGeneration.FirstHistory)
{
    /// <summary>The history that a directory begins with.</summary>
    public const int FirstHistory = 1;

    private const string BasePrefix = "base-";
    private const string BaseSuffix = ".db";
    private const string ChangesPrefix = "changes-";
    private const char HistoryMark = 'h';

    /// <summary>The snapshot, as <c>etcdctl snapshot save</c> writes it.</summary>
    public string BasePath => Path.Combine(Directory, $"{BasePrefix}{Name}{BaseSuffix}");

    /// <summary>The changes from <see cref="Revision"/> + 1 on.</summary>
    public string ChangesPath => Path.Combine(Directory, $"{ChangesPrefix}{Name}.log");

    private string Name => History == FirstHistory
        ? string.Create(CultureInfo.InvariantCulture, $"{Revision:x16}")
        : string.Create(CultureInfo.InvariantCulture, $"{HistoryMark}{History:d4}-{Revision:x16}");

    /// <summary>All generations of a directory that have a base, oldest first: history by history, and by revision in each.</summary>
    public static IReadOnlyList<BackupGeneration> All(IFileSystem fileSystem, string directory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        return !fileSystem.DirectoryExists(directory)
            ? []
            : [.. fileSystem.List(directory).Select(name => Parse(directory, name)).OfType<BackupGeneration>()
                .OrderBy(generation => generation.History).ThenBy(generation => generation.Revision)];
    }

    /// <summary>Whether a file of a directory is one of a backup that a crash has left unfinished. What others have put beside it is not.</summary>
    public static bool IsUnfinished(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith(SnapshotFile.PartSuffix, StringComparison.Ordinal)
            && (name.StartsWith(BasePrefix, StringComparison.Ordinal) || name.StartsWith(ChangesPrefix, StringComparison.Ordinal));
    }

    /// <summary>Deletes its files; what is left after a crash in between is found again and deleted the next time.</summary>
    public void Delete(IFileSystem fileSystem)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        string setAside = Path.GetFileName(ChangesPath) + ChangeWriter.SetAsideMark;
        foreach (string name in fileSystem.List(Directory).Where(name => name.StartsWith(setAside, StringComparison.Ordinal)))
        {
            fileSystem.DeleteFile(Path.Combine(Directory, name));
        }

        // A base alone is a backup; changes alone are not, so they go first.
        fileSystem.DeleteFile(ChangesPath);
        fileSystem.DeleteFile(BasePath);
        fileSystem.SyncDirectory(Directory);
    }

    private static BackupGeneration? Parse(string directory, string name)
    {
        if (!name.StartsWith(BasePrefix, StringComparison.Ordinal) || !name.EndsWith(BaseSuffix, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> middle = name.AsSpan()[BasePrefix.Length..^BaseSuffix.Length];
        int history = FirstHistory;
        if (middle is [HistoryMark, ..])
        {
            int end = middle.IndexOf('-');
            if (end < 0 || !int.TryParse(middle[1..end], NumberStyles.None, CultureInfo.InvariantCulture, out history))
            {
                return null;
            }

            middle = middle[(end + 1)..];
        }

        return long.TryParse(middle, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long revision)
            ? new BackupGeneration(directory, revision, history)
            : null;
    }
}
