using Etcd.Disk;

namespace Etcd.Wal.Segments;

/// <summary>Which segments a log consists of.</summary>
internal static class SegmentDirectory
{
    /// <summary>Names of all segments in ascending order. Other files in the directory are passed over.</summary>
    internal static IReadOnlyList<SegmentName> List(IFileSystem disk, string directory)
    {
        if (!disk.DirectoryExists(directory))
        {
            return [];
        }

        List<SegmentName> names = [];
        foreach (string name in disk.List(directory))
        {
            if (SegmentName.TryParse(name, out SegmentName? segment))
            {
                names.Add(segment.Value);
            }
        }

        return names;
    }

    /// <summary>The segments that hold all that follows <paramref name="index"/>: the last that begins at or below it, and those after.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="CorruptWalException">One in between is missing.</exception>
    internal static IReadOnlyList<SegmentName> From(IFileSystem disk, string directory, ulong index)
    {
        IReadOnlyList<SegmentName> all = List(disk, directory);
        int first = all.Count - 1;
        while (first >= 0 && all[first].FirstIndex > index)
        {
            first--;
        }

        if (first < 0)
        {
            throw new FileNotFoundException($"{directory}: no log segment holds index {index}", directory);
        }

        for (int next = first + 1; next < all.Count; next++)
        {
            if (all[next].Sequence != all[next - 1].Sequence + 1)
            {
                throw new CorruptWalException(
                    Path.Combine(directory, all[next].ToString()), 0, $"segment {all[next - 1].Sequence + 1:x16} before it is missing");
            }
        }

        return [.. all.Skip(first)];
    }
}
