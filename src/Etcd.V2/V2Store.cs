using System.Globalization;

using Etcd.V2.Dump;
using Etcd.V2.Events;
using Etcd.V2.Paths;
using Etcd.V2.Tree;
using Etcd.V2.Watching;

namespace Etcd.V2;

/// <summary>The tree of the v2 API as a state machine: the same changes in the same order give the same tree on every member. It has no
/// clock and no thread; "now" is handed in and only shows in the TTL of replies, expiry has a cut-off time of its own.</summary>
/// <remarks>
/// Changes come from one thread, apply. Reads, watches and dumps come from any: they work on the immutable <see cref="View"/> that was
/// published last. The rules are those of etcd 3.4's v2 store: each change has the next index, and so has each node that expires.
/// </remarks>
public sealed class V2Store
{
    private readonly string[] _readOnly;
    private readonly WatcherHub _hub = new();
    private readonly ExpiryQueue _expiries = new();
    private volatile V2View _view;

    /// <summary>Makes an empty tree.</summary>
    /// <param name="nameSpaces">Paths of the directories that are there from the beginning and stay, such as <c>/0</c> and <c>/1</c>.</param>
    public V2Store(params ReadOnlySpan<string> nameSpaces)
    {
        V2Node root = V2Node.Directory(KeyPath.Root, 0, V2Node.Permanent);
        foreach (string path in nameSpaces)
        {
            root = TreePaths.Put(root, KeyPath.SegmentsOf(path), V2Node.Directory(path, 0, V2Node.Permanent), 0);
        }

        _readOnly = [KeyPath.Root, .. nameSpaces];
        _view = new V2View(root, 0);
    }

    /// <summary>The tree after the last change. Any thread.</summary>
    public V2View View => _view;

    /// <summary>What was done, counted. Any thread.</summary>
    public V2Statistics Statistics { get; } = new();

    /// <summary>Whether some node goes by itself, so that the leader has to send the time through the log. Any thread.</summary>
    public bool HasExpiringNodes => _expiries.Count > 0;

    /// <summary>Watchers that wait. Any thread.</summary>
    public int WatcherCount => _hub.Count;

    /// <summary>Reads a node. Any thread.</summary>
    /// <param name="path">Where.</param>
    /// <param name="recursive">List directories below a directory, too.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, for the TTL.</param>
    public V2Result Get(string path, bool recursive, long nowNanoseconds)
    {
        V2View view = _view;
        Lookup found = TreePaths.Find(view.Root, KeyPath.SegmentsOf(KeyPath.Clean(path)));
        if (!found.TryGet(out V2Node? node))
        {
            Statistics.Count(V2Counter.GetFail);
            return found.ErrorAt(view.Index);
        }

        Statistics.Count(V2Counter.GetSuccess);
        NodeImage image = NodeImage.Of(node, nowNanoseconds) with
        {
            Listing = node.IsDirectory ? new Listing(node, recursive, nowNanoseconds) : null,
        };
        return new V2Event(V2Action.Get, image, null, view.Index);
    }

    /// <summary>A node as it is, not counted as a read of a client. Any thread.</summary>
    /// <returns><see langword="null"/> when there is none.</returns>
    public V2Node? Peek(string path) => TreePaths.Find(_view.Root, KeyPath.SegmentsOf(KeyPath.Clean(path))).Node;

    /// <summary>Watches a path. Any thread.</summary>
    /// <param name="path">Where.</param>
    /// <param name="recursive">Hear of what is below, too.</param>
    /// <param name="stream">Go on after the first event.</param>
    /// <param name="sinceIndex">First index to hear of, as far as the history goes back; 0 for what happens from now on.</param>
    /// <returns>The watcher, to be disposed, or the refusal.</returns>
    public (V2Watcher? Watcher, V2Error? Error) Watch(string path, bool recursive, bool stream, ulong sinceIndex)
    {
        ulong index = _view.Index;
        Statistics.CountWatchRequest();
        return _hub.Watch(KeyPath.Clean(path), recursive, stream, sinceIndex == 0 ? index + 1 : sinceIndex, index);
    }

    /// <summary>Writes a file, whatever file was there, or makes a directory where there is none.</summary>
    public V2Result Set(string path, bool isDirectory, string value, V2Expiry expiry, long nowNanoseconds)
    {
        Lookup before = Find(KeyPath.Clean(path));
        if (before.Node is null && (!before.IsMissing || expiry.IsRefresh))
        {
            Statistics.Count(V2Counter.SetFail);
            return before.ErrorAt(_view.Index);
        }

        if (expiry.IsRefresh)
        {
            value = before.Node!.Value;
        }

        V2Result result = Make(V2Action.Set, KeyPath.Clean(path), isDirectory, value, expiry, replaces: true, nowNanoseconds);
        Statistics.Count(result.Error is null ? V2Counter.SetSuccess : V2Counter.SetFail);
        return result;
    }

    /// <summary>Makes a node where there is none.</summary>
    public V2Result Create(string path, bool isDirectory, string value, V2Expiry expiry, long nowNanoseconds)
    {
        V2Result result = Make(
            V2Action.Create, KeyPath.Clean(path), isDirectory, value, expiry with { IsRefresh = false }, replaces: false, nowNanoseconds);
        Statistics.Count(result.Error is null ? V2Counter.CreateSuccess : V2Counter.CreateFail);
        return result;
    }

    /// <summary>Makes a node below a directory, named after the index of the change: 20 digits, so that names sort as they were made.</summary>
    public V2Result CreateInOrder(string directory, bool isDirectory, string value, V2Expiry expiry, long nowNanoseconds)
    {
        string name = (_view.Index + 1).ToString("D20", CultureInfo.InvariantCulture);
        return Create(directory + "/" + name, isDirectory, value, expiry, nowNanoseconds);
    }

    /// <summary>Gives a file another value, or a node another life. A directory has no value to give.</summary>
    public V2Result Update(string path, string value, V2Expiry expiry, long nowNanoseconds)
    {
        V2Result result = UpdateExisting(KeyPath.Clean(path), value, expiry, nowNanoseconds);
        Statistics.Count(result.Error is null ? V2Counter.UpdateSuccess : V2Counter.UpdateFail);
        return result;
    }

    /// <summary>Writes a file if value and index are as expected.</summary>
    /// <param name="path">Where.</param>
    /// <param name="prevValue">Expected value; empty for any.</param>
    /// <param name="prevIndex">Expected modified index; 0 for any.</param>
    /// <param name="value">New value.</param>
    /// <param name="expiry">Life from now on.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, for the TTL.</param>
    public V2Result CompareAndSwap(
        string path, string prevValue, ulong prevIndex, string value, V2Expiry expiry, long nowNanoseconds)
    {
        string clean = KeyPath.Clean(path);
        V2Result result = Compare(clean, prevValue, prevIndex, out V2Node? node) is { } refusal
            ? refusal
            : Rewrite(V2Action.CompareAndSwap, node!, value, expiry, nowNanoseconds);
        Statistics.Count(result.Error is null ? V2Counter.CompareAndSwapSuccess : V2Counter.CompareAndSwapFail);
        return result;
    }

    /// <summary>Deletes a file, or, if asked to, a directory.</summary>
    /// <param name="path">Where.</param>
    /// <param name="isDirectory">The path may be a directory without children.</param>
    /// <param name="recursive">The path may be a directory, and all below it goes, too.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, for the TTL.</param>
    public V2Result Delete(string path, bool isDirectory, bool recursive, long nowNanoseconds)
    {
        V2Result result = DeleteExisting(KeyPath.Clean(path), isDirectory || recursive, recursive, nowNanoseconds);
        Statistics.Count(result.Error is null ? V2Counter.DeleteSuccess : V2Counter.DeleteFail);
        return result;
    }

    /// <summary>Deletes a file if value and index are as expected.</summary>
    /// <param name="path">Where.</param>
    /// <param name="prevValue">Expected value; empty for any.</param>
    /// <param name="prevIndex">Expected modified index; 0 for any.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, for the TTL.</param>
    public V2Result CompareAndDelete(string path, string prevValue, ulong prevIndex, long nowNanoseconds)
    {
        V2Result result = CompareFile(KeyPath.Clean(path), prevValue, prevIndex, out V2Node? node) is { } refusal
            ? refusal
            : Vanish(V2Action.CompareAndDelete, node!, nowNanoseconds);
        Statistics.Count(result.Error is null ? V2Counter.CompareAndDeleteSuccess : V2Counter.CompareAndDeleteFail);
        return result;
    }

    /// <summary>Lets go what is due at a time that went through the log. Each node that goes is one change with an index of its own.</summary>
    /// <param name="cutOffNanoseconds">Unix time in nanoseconds: what is due then or before goes.</param>
    /// <param name="nowNanoseconds">Unix time in nanoseconds, for the TTL.</param>
    public void DeleteExpired(long cutOffNanoseconds, long nowNanoseconds)
    {
        while (_expiries.NextDue(cutOffNanoseconds) is { } path)
        {
            Vanish(V2Action.Expire, Find(path).Node!, nowNanoseconds);
            Statistics.Count(V2Counter.ExpireCount);
        }
    }

    /// <summary>Takes all that a dump holds, without copying the tree. Apply's thread; the dump is written out elsewhere.</summary>
    public V2Dump TakeDump() => new(_view, _hub.CopyHistory(), Statistics.Copy());

    /// <summary>Replaces everything by what a dump holds: that of a <c>.snap</c> file or of a snapshot from another member. Apply's thread.
    /// Watchers end.</summary>
    /// <exception cref="InvalidDataException">It is no dump of a v2 tree; nothing has changed.</exception>
    public void Recover(ReadOnlyMemory<byte> dump)
    {
        V2Dump recovered = DumpReader.Read(dump);
        _expiries.Clear();
        foreach (V2Node node in recovered.View.Root.Descendants())
        {
            _expiries.Add(node);
        }

        Statistics.Replace(recovered.Statistics);
        _view = recovered.View;
        _hub.Replace(recovered.History);
    }

    /// <summary>Statistics with the number of watchers brought up to date. Any thread.</summary>
    public V2Statistics ReadStatistics()
    {
        Statistics.Set(V2Counter.Watchers, _hub.Count);
        return Statistics;
    }

    private V2Result Make(
        string action, string path, bool isDirectory, string value, V2Expiry expiry, bool replaces, long now)
    {
        V2View view = _view;
        if (IsReadOnly(path))
        {
            return new V2Error(V2ErrorCode.RootReadOnly, KeyPath.Root, view.Index);
        }

        string[] segments = KeyPath.SegmentsOf(path);
        Lookup before = TreePaths.Find(view.Root, segments);
        if (before.Node is null && !before.IsMissing)
        {
            return before.ErrorAt(view.Index);
        }

        if (before.Node is { } existing)
        {
            if (!replaces)
            {
                return new V2Error(V2ErrorCode.NodeExists, path, view.Index);
            }

            if (existing.IsDirectory)
            {
                return new V2Error(V2ErrorCode.NotFile, path, view.Index);
            }

            _expiries.Remove(existing);
        }

        ulong index = view.Index + 1;
        long expiresAt = expiry.AtNanoseconds < V2Expiry.PlausibleMin ? V2Node.Permanent : expiry.AtNanoseconds;
        V2Node node = isDirectory ? V2Node.Directory(path, index, expiresAt) : V2Node.File(path, value, index, expiresAt);
        _expiries.Add(node);
        return Publish(
            new V2View(TreePaths.Put(view.Root, segments, node, index), index),
            new V2Event(
                action, NodeImage.Of(node, now), before.Node is null ? null : NodeImage.Of(before.Node, now), index),
            expiry.IsRefresh);
    }

    private V2Result UpdateExisting(string path, string value, V2Expiry expiry, long now)
    {
        if (IsReadOnly(path))
        {
            return new V2Error(V2ErrorCode.RootReadOnly, KeyPath.Root, _view.Index);
        }

        Lookup found = Find(path);
        if (!found.TryGet(out V2Node? node))
        {
            return found.ErrorAt(_view.Index);
        }

        return node.IsDirectory && value.Length > 0
            ? new V2Error(V2ErrorCode.NotFile, path, _view.Index)
            : Rewrite(V2Action.Update, node, value, expiry, now);
    }

    private V2Event Rewrite(string action, V2Node before, string value, V2Expiry expiry, long now)
    {
        V2View view = _view;
        ulong index = view.Index + 1;

        // A directory keeps its modified index, though the event shows the new one: so it is in etcd.
        V2Node after = before.IsDirectory ? before : before.WithValue(expiry.IsRefresh ? before.Value : value, index);
        after = after.WithExpiry(expiry.AtNanoseconds == 0 ? V2Node.Permanent : expiry.AtNanoseconds);
        _expiries.Remove(before);
        _expiries.Add(after);
        return Publish(
            new V2View(TreePaths.Put(view.Root, KeyPath.SegmentsOf(before.Path), after, index), index),
            new V2Event(action, NodeImage.Of(after, now) with { ModifiedIndex = index }, NodeImage.Of(before, now), index),
            expiry.IsRefresh);
    }

    private V2Result DeleteExisting(string path, bool mayBeDirectory, bool recursive, long now)
    {
        ulong index = _view.Index;
        if (IsReadOnly(path))
        {
            return new V2Error(V2ErrorCode.RootReadOnly, KeyPath.Root, index);
        }

        Lookup found = Find(path);
        if (!found.TryGet(out V2Node? node))
        {
            return found.ErrorAt(index);
        }

        if (node.Children is { } children)
        {
            if (!mayBeDirectory)
            {
                return new V2Error(V2ErrorCode.NotFile, path, index);
            }

            if (children.Count > 0 && !recursive)
            {
                return new V2Error(V2ErrorCode.DirectoryNotEmpty, path, index);
            }
        }

        return Vanish(V2Action.Delete, node, now);
    }

    private V2Event Vanish(string action, V2Node node, long now)
    {
        V2View view = _view;
        ulong index = view.Index + 1;
        if (_expiries.Count > 0)
        {
            foreach (V2Node gone in node.Descendants())
            {
                _expiries.Remove(gone);
            }
        }

        var image = new NodeImage(node.Path, null, node.IsDirectory, V2Node.Permanent, 0, index, node.CreatedIndex);
        var happened = new V2Event(action, image, NodeImage.Of(node, now), index);
        _view = new V2View(TreePaths.Remove(view.Root, KeyPath.SegmentsOf(node.Path)), index);
        _hub.Announce(happened, node.Descendants().Select(static gone => gone.Path));
        return happened;
    }

    private V2Error? Compare(string path, string prevValue, ulong prevIndex, out V2Node? node)
    {
        node = null;
        return IsReadOnly(path)
            ? new V2Error(V2ErrorCode.RootReadOnly, KeyPath.Root, _view.Index)
            : CompareFile(path, prevValue, prevIndex, out node);
    }

    private V2Error? CompareFile(string path, string prevValue, ulong prevIndex, out V2Node? node)
    {
        ulong index = _view.Index;
        Lookup found = Find(path);
        if (!found.TryGet(out node))
        {
            return found.ErrorAt(index);
        }

        if (node.IsDirectory)
        {
            return new V2Error(V2ErrorCode.NotFile, path, index);
        }

        bool isIndexRight = prevIndex == 0 || node.ModifiedIndex == prevIndex;
        bool isValueRight = prevValue.Length == 0 || node.Value == prevValue;
        string? cause = (isValueRight, isIndexRight) switch
        {
            (true, true) => null,
            (true, false) => $"[{prevIndex} != {node.ModifiedIndex}]",
            (false, true) => $"[{prevValue} != {node.Value}]",
            _ => $"[{prevValue} != {node.Value}] [{prevIndex} != {node.ModifiedIndex}]",
        };
        return cause is null ? null : new V2Error(V2ErrorCode.CompareFailed, cause, index);
    }

    private V2Event Publish(V2View view, V2Event happened, bool isRefresh)
    {
        _view = view;
        if (isRefresh)
        {
            happened = happened with { IsRefresh = true };
            _hub.Add(happened);
        }
        else
        {
            _hub.Announce(happened);
        }

        return happened;
    }

    private bool IsReadOnly(string path) => Array.IndexOf(_readOnly, path) >= 0;

    private Lookup Find(string path) => TreePaths.Find(_view.Root, KeyPath.SegmentsOf(path));
}
