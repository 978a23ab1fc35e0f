using System.Runtime.InteropServices;

namespace Etcd.Mvcc;

/// <summary>One superseded revision of a key, in 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct RevisionMark(long main, int subAndKind)
{
    /// <summary>Set in <see cref="SubAndKind"/> when the revision is a tombstone.</summary>
    public const int TombstoneBit = int.MinValue;

    /// <summary>Main revision.</summary>
    public readonly long Main = main;

    /// <summary>Sub revision, with <see cref="TombstoneBit"/>.</summary>
    public readonly int SubAndKind = subAndKind;

    /// <summary>Whether the key was deleted at this revision.</summary>
    public bool IsTombstone => SubAndKind < 0;

    /// <summary>The revision itself.</summary>
    public Revision Revision => new(Main, SubAndKind & ~TombstoneBit);

    /// <summary>Packs sub revision and kind.</summary>
    /// <exception cref="OverflowException">The sub revision does not fit 31 bits: more changes than one transaction can hold.</exception>
    public static int Pack(long sub, bool isTombstone) => checked((int)sub) | (isTombstone ? TombstoneBit : 0);
}
