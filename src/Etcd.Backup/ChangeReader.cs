using System.Buffers.Binary;

using Etcd.Disk;

using Google.Protobuf;

namespace Etcd.Backup;

/// <summary>Reads a change file from its beginning. A last record that a crash cut short ends it; anything else that is wrong is damage.</summary>
/// <remarks>A last record that is whole in length but not in content is taken for cut short, since a crash can leave that: the file ends before it, and
/// <see cref="ValidEnd"/> says so.</remarks>
public sealed class ChangeReader : IDisposable
{
    private readonly IFile _file;
    private readonly long _length;

    private ChangeReader(IFile file)
    {
        _file = file;
        _length = file.Length;
        byte[] head = new byte[ChangeFrame.FileHeadBytes];
        if (file.Read(head, 0) < head.Length || !head.AsSpan().StartsWith(ChangeFrame.Magic))
        {
            throw new DamagedBackupException(file.Path, 0, "this is no change file");
        }

        ClusterId = BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(8));
        FirstRevision = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(16));
        Crc = Crc32C.Append(0, head);
        ValidEnd = head.Length;
    }

    /// <summary>Cluster whose changes it holds.</summary>
    public ulong ClusterId { get; }

    /// <summary>First revision it holds, if it holds any.</summary>
    public long FirstRevision { get; }

    /// <summary>End of the last whole record, in bytes.</summary>
    public long ValidEnd { get; private set; }

    /// <summary>Bytes in the file.</summary>
    public long Length => _length;

    /// <summary>Checksum up to there.</summary>
    internal uint Crc { get; private set; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="DamagedBackupException">It is no change file.</exception>
    public static ChangeReader Open(IFileSystem fileSystem, string path)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        IFile file = fileSystem.Open(path, FileOpening.Read);
        try
        {
            return new ChangeReader(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next record.</summary>
    /// <returns><see langword="null"/> at the end. <see cref="ValidEnd"/> is less than <see cref="Length"/> then when a last record was cut
    /// short.</returns>
    /// <exception cref="DamagedBackupException">A record is damaged.</exception>
    public ChangeRecord? Read()
    {
        Span<byte> head = stackalloc byte[ChangeFrame.HeadBytes];
        if (_file.Read(head, ValidEnd) < head.Length)
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        uint stated = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        long left = _length - ValidEnd - head.Length;
        if (!ChangeFrame.CanBeBody(length, left))
        {
            return EndIfCutShort(length, stated, $"a record of {length} bytes, {left} are left");
        }

        byte[] body = new byte[length];
        int read = _file.Read(body, ValidEnd + head.Length);
        uint crc = Crc32C.Append(Crc, body.AsSpan(0, read));
        if (read < body.Length || crc != stated)
        {
            return EndIfCutShort(length, stated, $"checksum {crc:x8} instead of {stated:x8}");
        }

        ChangeRecord record;
        try
        {
            record = ChangeFrame.Decode(body);
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or InvalidDataException)
        {
            throw Damaged(malformed.Message);
        }

        Crc = crc;
        ValidEnd += head.Length + length;
        return record;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private ChangeRecord? EndIfCutShort(uint length, uint stated, string reason) =>
        CutShortRecord.IsPossible(_file, ValidEnd, _length, length, stated) ? null : throw Damaged(reason);

    private DamagedBackupException Damaged(string reason) => new(_file.Path, ValidEnd, reason);
}
