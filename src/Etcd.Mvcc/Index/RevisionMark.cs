using System.Runtime.InteropServices;

namespace Etcd.Mvcc;

/// <summary>One superseded revision of a key, in 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct RevisionMark(long main, int subAndKind)
{
    /// <summary>Set in <see cref="SubAndKind"/> when the revision is a tombstone.</summary>
    public const int TombstoneBit = int.MinValue;

    /// <summary>Set in <see cref="SubAndKind"/> when the key hung on a lease at this revision.</summary>
    public const int LeaseBit = 1 << 30;

    private const int SubMask = LeaseBit - 1;

    /// <summary>Main revision.</summary>
    public readonly long Main = main;

    /// <summary>Sub revision, with <see cref="TombstoneBit"/> and <see cref="LeaseBit"/>.</summary>
    public readonly int SubAndKind = subAndKind;

    /// <summary>Whether the key was deleted at this revision.</summary>
    public bool IsTombstone => SubAndKind < 0;

    /// <summary>The revision itself.</summary>
    public Revision Revision => new(Main, SubAndKind & SubMask);

    /// <summary>Packs sub revision and kind.</summary>
    /// <exception cref="OverflowException">The sub revision does not fit 30 bits: more changes than one transaction can hold.</exception>
    public static int Pack(long sub, bool isTombstone, bool hasLease = false) =>
        sub is >= 0 and <= SubMask
            ? (int)sub | (isTombstone ? TombstoneBit : 0) | (hasLease ? LeaseBit : 0)
            : throw new OverflowException($"sub revision {sub} does not fit 30 bits");
}
