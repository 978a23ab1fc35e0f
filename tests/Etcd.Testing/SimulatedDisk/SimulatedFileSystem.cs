using Etcd.Disk;

namespace Etcd.Testing.SimulatedDisk;

/// <summary>A disk in memory that can lose power, fail and fill up, each time in the same way for the same seed.</summary>
/// <remarks>
/// Nothing is durable but what was synced: data and length of a file by its sync, names by the sync of their directory.
/// A file that was synced under a name whose directory was not may be gone after power loss. All members may be called
/// from any thread.
/// </remarks>
public sealed class SimulatedFileSystem : IFileSystem
{
    private readonly DirectoryNode _root;
    private readonly List<InjectedFault> _injected = [];
    private readonly HashSet<Exception> _errors = new(ReferenceEqualityComparer.Instance);
    private SplitMix64 _random;
    private DiskOperation? _lostAt;

    /// <summary>An empty disk.</summary>
    /// <param name="seed">Decides what survives a sync that fails.</param>
    public SimulatedFileSystem(ulong seed = 0)
        : this(new DirectoryNode(), seed)
    {
    }

    private SimulatedFileSystem(DirectoryNode root, ulong seed)
    {
        _root = root;
        _random = new SplitMix64(seed);
    }

    /// <summary>Called before each operation takes effect, with the disk as it is; an exception it throws is the operation's outcome.</summary>
    public Action<DiskOperation>? BeforeOperation { get; set; }

    /// <summary>Operations so far that changed or synced the disk.</summary>
    public int Steps { get; private set; }

    /// <summary>The step at which power is lost: it and all later operations, reads too, throw
    /// <see cref="PowerLostException"/> and do nothing. 0 for never.</summary>
    public int PowerLossAtStep { get; set; }

    /// <summary>Up to here the content of a mapped file stays at one place in memory, so that slices of its map show later writes. Memory of
    /// this size is taken for each mapped file.</summary>
    public int MappedBytesStable { get; set; } = 16 << 20;

    /// <summary>Bytes the disk holds, in blocks of 4096; a write that needs more fails with <see cref="DiskFullException"/>.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Bytes taken by the blocks of all files.</summary>
    public long UsedBytes
    {
        get
        {
            lock (Gate)
            {
                return Used(_root);
            }
        }
    }

    internal Lock Gate { get; } = new();

    internal long FreeBytes => CapacityBytes == long.MaxValue ? long.MaxValue : CapacityBytes - Used(_root);

    /// <summary>Makes an operation fail with an I/O error.</summary>
    /// <param name="kind">Kind of the operation.</param>
    /// <param name="pathEnd">End of the path it is for; empty for any.</param>
    /// <param name="skip">How many such operations still succeed before.</param>
    /// <remarks>A write that fails has written the first half of its sectors. After a sync that fails the unsynced bytes read back, but
    /// a later sync does not save them: only writing them again does.</remarks>
    public void FailNext(DiskOperationKind kind, string pathEnd = "", int skip = 0)
    {
        lock (Gate)
        {
            _injected.Add(new InjectedFault(kind, pathEnd) { Skip = skip });
        }
    }

    /// <summary>Forgets the errors that <see cref="FailNext"/> has asked for and that have not struck yet.</summary>
    public void ForgetFailures()
    {
        lock (Gate)
        {
            _injected.Clear();
        }
    }

    /// <summary>Whether a failure comes from this disk: an error that <see cref="FailNext"/> asked for, or a full disk, is in its chain of causes.</summary>
    public bool Explains(Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        lock (Gate)
        {
            return ExplainsLocked(failure);
        }
    }

    /// <summary>The disk as it is found after power loss at this moment; this one stays as it is.</summary>
    /// <param name="seed">Decides which of the unsynced changes survive.</param>
    /// <param name="rules">What may happen; <see cref="CrashRules.Harsh"/> by default.</param>
    public SimulatedFileSystem AfterPowerLoss(ulong seed, CrashRules? rules = null)
    {
        lock (Gate)
        {
            var random = new SplitMix64(seed);
            DirectoryNode root = _root.AfterPowerLoss(ref random, rules ?? CrashRules.Harsh, []);
            return new SimulatedFileSystem(root, seed) { CapacityBytes = CapacityBytes };
        }
    }

    /// <summary>The disk as it is found when the process was killed and the machine stayed up: all writes are there, all locks gone. What was not synced
    /// is in the system's memory only, and lost with a loss of power that follows before somebody syncs it.</summary>
    public SimulatedFileSystem AfterProcessKill()
    {
        lock (Gate)
        {
            return new SimulatedFileSystem(_root.AsIs([]), _random.Next()) { CapacityBytes = CapacityBytes };
        }
    }

    /// <inheritdoc />
    public IFile Open(string path, FileOpening mode)
    {
        lock (Gate)
        {
            (DirectoryNode? directory, string name) = Parent(path);
            DiskNode? node = null;
            directory?.Entries.TryGetValue(name, out node);
            bool creates = mode is FileOpening.CreateNew or FileOpening.CreateOrReadWrite;
            if (directory is null || (node is null && !creates))
            {
                throw new FileNotFoundException($"open {path}: no such file or directory", path);
            }

            if (node is DirectoryNode || (node is not null && mode == FileOpening.CreateNew))
            {
                throw new IOException($"open {path}: {(node is DirectoryNode ? "is a directory" : "file exists")}");
            }

            if (node is null)
            {
                Begin(DiskOperationKind.Create, path);
                node = new FileNode();
                directory.Add(name, node);
            }

            return new SimulatedFile(this, path, (FileNode)node, writable: mode != FileOpening.Read);
        }
    }

    /// <inheritdoc />
    public bool FileExists(string path) => Locked(() => Find(path) is FileNode);

    /// <inheritdoc />
    public bool DirectoryExists(string path) => Locked(() => Find(path) is DirectoryNode);

    /// <inheritdoc />
    public void CreateDirectory(string path)
    {
        lock (Gate)
        {
            DirectoryNode directory = _root;
            foreach (string part in Parts(path))
            {
                if (!directory.Entries.TryGetValue(part, out DiskNode? next))
                {
                    Begin(DiskOperationKind.CreateDirectory, path);
                    next = new DirectoryNode();
                    directory.Add(part, next);
                }

                directory = next as DirectoryNode ?? throw new IOException($"mkdir {path}: file exists");
            }
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<string> List(string directory) => Locked(() => DirectoryAt(directory).Entries.Keys.ToArray());

    /// <inheritdoc />
    public void Rename(string from, string to)
    {
        lock (Gate)
        {
            (DirectoryNode? source, string oldName) = Parent(from);
            (DirectoryNode? target, string newName) = Parent(to);
            if (source is null || target is null || !source.Entries.TryGetValue(oldName, out DiskNode? node))
            {
                throw new FileNotFoundException($"rename {from} {to}: no such file or directory", from);
            }

            if (target.Entries.TryGetValue(newName, out DiskNode? replaced) && (node is DirectoryNode || replaced is DirectoryNode))
            {
                throw new IOException($"rename {from} {to}: file exists");
            }

            Begin(DiskOperationKind.Rename, from);
            if (ReferenceEquals(source, target))
            {
                source.Rename(oldName, newName);
                return;
            }

            target.Add(newName, node);
            source.Remove(oldName);
        }
    }

    /// <inheritdoc />
    public void DeleteFile(string path)
    {
        lock (Gate)
        {
            (DirectoryNode? directory, string name) = Parent(path);
            if (directory is not null && directory.Entries.TryGetValue(name, out DiskNode? node))
            {
                if (node is DirectoryNode)
                {
                    throw new IOException($"delete {path}: is a directory");
                }

                Begin(DiskOperationKind.Delete, path);
                directory.Remove(name);
            }
        }
    }

    /// <inheritdoc />
    public void DeleteDirectory(string path)
    {
        lock (Gate)
        {
            if (Find(path) is DirectoryNode directory)
            {
                Empty(directory, path);
                (DirectoryNode? parent, string name) = Parent(path);
                Begin(DiskOperationKind.Delete, path);
                parent?.Remove(name);
            }
        }
    }

    /// <inheritdoc />
    public void SyncDirectory(string directory)
    {
        lock (Gate)
        {
            DirectoryNode node = DirectoryAt(directory);
            Begin(DiskOperationKind.SyncDirectory, directory);
            node.Sync();
        }
    }

    /// <summary>Counts an operation and lets faults strike before it takes effect.</summary>
    internal void Begin(DiskOperationKind kind, string path)
    {
        if (_lostAt is { } lost)
        {
            throw new PowerLostException(lost);
        }

        var operation = new DiskOperation(kind == DiskOperationKind.Read ? 0 : ++Steps, kind, path);
        BeforeOperation?.Invoke(operation);
        if (PowerLossAtStep != 0 && operation.Step >= PowerLossAtStep)
        {
            _lostAt = operation;
            throw new PowerLostException(operation);
        }

        InjectedFault? fault = _injected.Find(candidate => candidate.Matches(operation));
        if (fault is not null && fault.Skip-- == 0)
        {
            _injected.Remove(fault);
            var error = new IOException($"{kind} {path}: input/output error");
            _errors.Add(error);
            throw error;
        }
    }

    internal void FailSync(FileNode file) => file.FailSync(ref _random);

    internal T Locked<T>(Func<T> read)
    {
        lock (Gate)
        {
            return read();
        }
    }

    private bool ExplainsLocked(Exception? failure) => failure switch
    {
        null => false,
        DiskFullException => true,
        AggregateException several => several.InnerExceptions.Any(ExplainsLocked),
        _ => _errors.Contains(failure) || ExplainsLocked(failure.InnerException),
    };

    private static long Used(DirectoryNode directory) => directory.Entries.Values
        .Sum(node => node is DirectoryNode inner ? Used(inner) : ((FileNode)node).AllocatedBytes);

    private static string[] Parts(string path) =>
        Path.GetFullPath(path, "/").Split('/', StringSplitOptions.RemoveEmptyEntries);

    private void Empty(DirectoryNode directory, string path)
    {
        foreach ((string name, DiskNode node) in directory.Entries.ToArray())
        {
            string inner = Path.Combine(path, name);
            if (node is DirectoryNode innerDirectory)
            {
                Empty(innerDirectory, inner);
            }

            Begin(DiskOperationKind.Delete, inner);
            directory.Remove(name);
        }
    }

    private DiskNode? Find(string path)
    {
        DiskNode? node = _root;
        foreach (string part in Parts(path))
        {
            if (node is not DirectoryNode directory || !directory.Entries.TryGetValue(part, out node))
            {
                return null;
            }
        }

        return node;
    }

    private DirectoryNode DirectoryAt(string path) =>
        Find(path) as DirectoryNode ?? throw new DirectoryNotFoundException($"{path}: no such directory");

    private (DirectoryNode? Directory, string Name) Parent(string path)
    {
        string full = Path.GetFullPath(path, "/");
        return (Find(Path.GetDirectoryName(full) ?? "/") as DirectoryNode, Path.GetFileName(full));
    }

    private sealed record InjectedFault(DiskOperationKind Kind, string PathEnd)
    {
        internal int Skip { get; set; }

        internal bool Matches(DiskOperation operation) =>
            operation.Kind == Kind && operation.Path.EndsWith(PathEnd, StringComparison.Ordinal);
    }
}
