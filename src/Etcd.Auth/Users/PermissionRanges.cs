using System.Collections.Immutable;

using Google.Protobuf;

namespace Etcd.Auth;

/// <summary>Rules for the ranges of permissions, and their order inside a role.</summary>
internal static class PermissionRanges
{
    /// <summary>Whether a permission may be granted for this range: it has a key, and does not end at or before it.</summary>
    internal static bool IsValid(ByteString key, ByteString rangeEnd) =>
        key.Length > 0
        && (rangeEnd.Length == 0 || rangeEnd.Span is [0] || rangeEnd.Span.SequenceCompareTo(key.Span) > 0);

    /// <summary>Adds a permission in its place: ascending by key, behind those of the same key. One for the same range is replaced.</summary>
    internal static ImmutableArray<KeyPermission> Add(ImmutableArray<KeyPermission> permissions, KeyPermission added)
    {
        int place = permissions.Length;
        for (int index = 0; index < permissions.Length; index++)
        {
            if (permissions[index].IsFor(added.Key, added.RangeEnd))
            {
                return permissions.SetItem(index, added);
            }

            if (place == permissions.Length && permissions[index].Key.Span.SequenceCompareTo(added.Key.Span) > 0)
            {
                place = index;
            }
        }

        return permissions.Insert(place, added);
    }
}
