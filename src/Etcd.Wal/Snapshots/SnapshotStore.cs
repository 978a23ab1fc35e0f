using System.Globalization;

using Etcd.Disk;
using Etcd.Raft;
using Etcd.Wal.Snapshots;

namespace Etcd.Wal;

/// <summary>The <c>snap</c> directory of a member: raft snapshots, and databases received from a leader.</summary>
/// <remarks>A snapshot file counts only once the log has a record of it: save the file, then the record. Files of
/// different snapshots may be written, found and deleted by several threads at once; <see cref="LoadNewest"/> belongs to the start.</remarks>
/// <param name="fileSystem">The disk.</param>
/// <param name="directory">The directory; it exists.</param>
public sealed class SnapshotStore(IFileSystem fileSystem, string directory)
{
    private const string BrokenSuffix = ".broken";
    private const string DatabaseSuffix = ".snap.db";
    private const string TemporaryPrefix = "tmp";
    private const string DefragmentationPrefix = "db.tmp";
    private const int PieceBytes = 256 << 10;

    private readonly List<BrokenSnapshot> _broken = [];

    // Held from the look at a database's name to the rename: whoever installs a database opens it by its name and then renames it, and must not find another one
    // under the name the second time. He would go on with a file that no name leads to.
    private readonly Lock _databaseNames = new();

    /// <summary>Files that <see cref="LoadNewest"/> could not read and renamed.</summary>
    public IReadOnlyList<BrokenSnapshot> Broken => _broken;

    /// <summary>Deletes what an earlier process had not finished: receive and defragmentation leftovers.</summary>
    public void RemoveLeftovers()
    {
        foreach (string name in fileSystem.List(directory))
        {
            if (name.StartsWith(TemporaryPrefix, StringComparison.Ordinal)
                || name.StartsWith(DefragmentationPrefix, StringComparison.Ordinal))
            {
                fileSystem.DeleteFile(Path.Combine(directory, name));
            }
        }
    }

    /// <summary>Carries out the sync of a <c>.snap</c> file; whoever wants to time it, does so around the call.</summary>
    public Action<Action> MeasureSync { get; set; } = static sync => sync();

    /// <summary>As the other, for a received database.</summary>
    public Action<Action> MeasureDatabaseSync { get; set; } = static sync => sync();

    /// <summary>Writes a snapshot file and returns once it is durable. Nothing is written for an empty snapshot.</summary>
    public void Save(Snapshot snapshot)
    {
        if (snapshot.IsEmpty)
        {
            return;
        }

        string path = Path.Combine(directory, SnapshotFile.NameOf(snapshot.Metadata));
        string temporary = Path.Combine(directory, $"{TemporaryPrefix}{Path.GetFileName(path)}.part");
        fileSystem.DeleteFile(temporary);
        try
        {
            using (IFile file = fileSystem.Open(temporary, FileOpening.CreateNew))
            {
                file.Write(SnapshotFile.Encode(snapshot).Span, 0);
                MeasureSync(file.Sync);
            }

            fileSystem.Rename(temporary, path);
            fileSystem.SyncDirectory(directory);
        }
        catch
        {
            // Half a file is of no use, and would keep a full disk full.
            fileSystem.DeleteFile(temporary);
            throw;
        }
    }

    /// <summary>Reads the newest snapshot that is whole and that the log has a record of. Files that cannot be read are
    /// renamed to <c>*.broken</c>.</summary>
    /// <param name="valid">Records of the log, from <see cref="WriteAheadLog.ReadSnapshotRecords"/>.</param>
    /// <returns><see langword="null"/> when there is none: the log must then be read from its beginning.</returns>
    public Snapshot? LoadNewest(IReadOnlyList<WalSnapshot> valid)
    {
        foreach (string name in fileSystem.List(directory).Reverse())
        {
            if (name.EndsWith(SnapshotFile.Suffix, StringComparison.Ordinal)
                && Load(Path.Combine(directory, name)) is { } snapshot
                && valid.Any(record => record.Index == snapshot.Metadata.Index && record.Term == snapshot.Metadata.Term))
            {
                return snapshot;
            }
        }

        return null;
    }

    /// <summary>Receives a leader's database for the snapshot at <paramref name="index"/>; it is durable, under its name, when the task ends.
    /// One that is there already is kept.</summary>
    /// <param name="content">The database, to its end.</param>
    /// <param name="index">Index of the snapshot.</param>
    /// <param name="inspect">Looks at the durable file, before it gets its name; what it throws refuses the file.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Whether the file was made by this call; <see langword="false"/> when there was one already.</returns>
    public async Task<bool> SaveDatabaseAsync(Stream content, ulong index, Action<string> inspect, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(inspect);
        string temporary = Path.Combine(directory, $"{TemporaryPrefix}{Guid.NewGuid():n}");
        try
        {
            await WriteAsync(content, temporary, cancellationToken).ConfigureAwait(false);
            inspect(temporary);
            bool isNew = TakeName(temporary, index);
            // Also where it is not new: who has renamed it may not have come to this yet, or was killed before.
            fileSystem.SyncDirectory(directory);
            return isNew;
        }
        catch
        {
            fileSystem.DeleteFile(temporary);
            throw;
        }
    }

    /// <summary>Path of the database received for the snapshot at <paramref name="index"/>; <see langword="null"/> when there is none.</summary>
    public string? FindDatabase(ulong index)
    {
        string path = DatabasePath(index);
        return fileSystem.FileExists(path) ? path : null;
    }

    /// <summary>Deletes the database received for the snapshot at <paramref name="index"/>, if there is one.</summary>
    public void DeleteDatabase(ulong index) => fileSystem.DeleteFile(DatabasePath(index));

    /// <summary>Index of the snapshot that a <c>.snap</c> file holds, by its name.</summary>
    /// <returns><see langword="false"/> when it is not the name of such a file.</returns>
    public static bool TryReadIndex(string fileName, out ulong index) => SnapshotFile.TryReadName(fileName, out index);

    /// <summary>Deletes received databases of snapshots older than <paramref name="index"/>; nobody needs them any more.</summary>
    /// <returns>Paths deleted.</returns>
    public IReadOnlyList<string> DeleteDatabasesBelow(ulong index)
    {
        List<string> deleted = [];
        foreach (string name in fileSystem.List(directory))
        {
            if (name.EndsWith(DatabaseSuffix, StringComparison.Ordinal)
                && ulong.TryParse(name.AsSpan(0, name.Length - DatabaseSuffix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong found)
                && found < index)
            {
                string path = Path.Combine(directory, name);
                fileSystem.DeleteFile(path);
                deleted.Add(path);
            }
        }

        return deleted;
    }

    private bool TakeName(string temporary, ulong index)
    {
        lock (_databaseNames)
        {
            if (FindDatabase(index) is null)
            {
                fileSystem.Rename(temporary, DatabasePath(index));
                return true;
            }
        }

        fileSystem.DeleteFile(temporary);
        return false;
    }

    private async Task WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        using IFile file = fileSystem.Open(path, FileOpening.CreateNew);
        var writeBack = new PacedWriteBack(file);
        byte[] piece = new byte[PieceBytes];
        long total = 0;
        int read;
        while ((read = await content.ReadAsync(piece, cancellationToken).ConfigureAwait(false)) > 0)
        {
            file.Write(piece.AsSpan(0, read), total);
            total += read;
            writeBack.WrittenTo(total);
        }

        MeasureDatabaseSync(file.Sync);
    }

    private string DatabasePath(ulong index) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{index:x16}{DatabaseSuffix}"));

    private Snapshot? Load(string path)
    {
        byte[] bytes = ReadAll(path);
        if (SnapshotFile.TryRead(bytes, out Snapshot? snapshot, out string fault))
        {
            return snapshot;
        }

        fileSystem.Rename(path, path + BrokenSuffix);
        _broken.Add(new BrokenSnapshot(path + BrokenSuffix, fault));
        return null;
    }

    private byte[] ReadAll(string path)
    {
        using IFile file = fileSystem.Open(path, FileOpening.Read);
        byte[] bytes = new byte[checked((int)file.Length)];
        int read = file.Read(bytes, 0);
        return read == bytes.Length ? bytes : bytes[..read];
    }
}
