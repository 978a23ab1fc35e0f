namespace Etcd.Disk;

/// <summary>The disk as storage code sees it: named files and directories whose changes are durable only once synced.</summary>
/// <remarks>
/// Storage code reaches the disk through this interface alone, so that a simulated disk can lose unsynced writes, tear
/// sectors, fail and fill up. Errors surface as <see cref="IOException"/>; a full disk as
/// <see cref="DiskFullException"/>. A create, rename or delete survives power loss only after
/// <see cref="SyncDirectory"/> of the parent.
/// </remarks>
public interface IFileSystem
{
    /// <summary>Opens a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="mode">What must exist and what may be done.</param>
    /// <returns>The open file; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">The file must exist and does not.</exception>
    /// <exception cref="IOException">The file must not exist and does, or the disk failed.</exception>
    IFile Open(string path, FileOpening mode);

    /// <summary>Tells whether a file of that name exists.</summary>
    bool FileExists(string path);

    /// <summary>Tells whether a directory of that name exists.</summary>
    bool DirectoryExists(string path);

    /// <summary>Creates a directory, and its missing parents, readable by the owner only (mode 0700).</summary>
    void CreateDirectory(string path);

    /// <summary>Names, without path, of the files and directories directly inside <paramref name="directory"/>, in ordinal order.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Renames a file or directory, replacing a file of the new name.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file; a missing file is not an error.</summary>
    void DeleteFile(string path);

    /// <summary>Deletes a directory and all inside it; a missing directory is not an error.</summary>
    void DeleteDirectory(string path);

    /// <summary>Makes creates, renames and deletes inside <paramref name="directory"/> durable.</summary>
    void SyncDirectory(string directory);
}
