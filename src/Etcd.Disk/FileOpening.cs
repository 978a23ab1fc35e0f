namespace Etcd.Disk;

/// <summary>What must exist for a file to be opened, and what may then be done with it.</summary>
public enum FileOpening
{
    /// <summary>The file exists; it is only read.</summary>
    Read,

    /// <summary>The file exists; it is read and written.</summary>
    ReadWrite,

    /// <summary>The file is created if missing, with mode 0600, and read and written.</summary>
    CreateOrReadWrite,

    /// <summary>The file does not exist; it is created with mode 0600, and read and written.</summary>
    CreateNew,
}
