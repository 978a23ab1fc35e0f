namespace Etcd.Testing.SimulatedDisk;

/// <summary>Content and length of a file; bytes beyond the array read as zeros. Never changed once made.</summary>
internal readonly record struct FileImage(byte[] Bytes, long Length)
{
    /// <summary>A copy that holds at least <paramref name="bytes"/> bytes.</summary>
    internal byte[] CopyOfAtLeast(long bytes)
    {
        byte[] copy = new byte[Math.Max(Bytes.Length, bytes)];
        Bytes.CopyTo(copy, 0);
        return copy;
    }
}

/// <summary>One change of a file: bytes written, or a new length.</summary>
internal readonly record struct FileChange
{
    /// <summary>Bytes written; <see langword="null"/> when the change is a new length.</summary>
    internal byte[]? Bytes { get; private init; }

    /// <summary>Where the bytes went, or the new length.</summary>
    internal long Offset { get; private init; }

    /// <summary>Whether the file's length changed with it.</summary>
    internal bool ChangesLength { get; private init; }

    internal long End => Offset + (Bytes?.Length ?? 0);

    internal static FileChange Write(long offset, byte[] bytes, bool extends) =>
        new() { Offset = offset, Bytes = bytes, ChangesLength = extends };

    internal static FileChange SetLength(long length) => new() { Offset = length, ChangesLength = true };

    internal FileImage ApplyTo(FileImage image)
    {
        if (Bytes is null)
        {
            byte[] cut = image.Bytes.Length > Offset ? image.Bytes.AsSpan(0, (int)Offset).ToArray() : image.Bytes;
            return new FileImage(cut, Offset);
        }

        byte[] written = End > image.Bytes.Length ? image.CopyOfAtLeast(Math.Max(End, image.Bytes.Length * 2L)) : image.Bytes;
        Bytes.CopyTo(written, Offset);
        return new FileImage(written, Math.Max(image.Length, End));
    }
}
