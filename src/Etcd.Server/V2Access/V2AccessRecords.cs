using Etcd.Protocol.Replication;
using Etcd.Server.V2Api;
using Etcd.V2;

namespace Etcd.Server.V2Access;

/// <summary>Users, roles and the switch in the v2 tree below <c>/2</c>, as etcd keeps them: replicated like keys, saved in the <c>.snap</c> file.</summary>
/// <param name="tree">The tree.</param>
/// <param name="operations">Replicates changes.</param>
internal sealed class V2AccessRecords(V2Store tree, V2Operations operations)
{
    internal const string Users = "/2/users/";
    internal const string Roles = "/2/roles/";

    private const string Enabled = "/2/enabled";
    private const string On = "true";

    private static readonly string[] Directories = ["/2", "/2/users", "/2/roles"];

    private bool _isPrepared;

    /// <summary>Whether access control is on.</summary>
    internal bool IsEnabled => tree.Peek(Enabled)?.Value == On;

    /// <summary>The text of a record; <see langword="null"/> when there is none.</summary>
    internal string? Find(string directory, string name) => tree.Peek(directory + name) is { IsDirectory: false } node ? node.Value : null;

    /// <summary>Names of the records of a directory, ascending.</summary>
    internal IReadOnlyList<string> Names(string directory) =>
        tree.Peek(directory)?.Children is { } children ? [.. children.Where(child => !child.Value.IsDirectory).Select(child => child.Key)] : [];

    /// <summary>Adds a record.</summary>
    /// <returns>Whether there was none.</returns>
    internal async ValueTask<bool> CreateAsync(string path, string text)
    {
        await PrepareAsync().ConfigureAwait(false);
        V2Error? error = await PutAsync(path, text, isDirectory: false, exists: false).ConfigureAwait(false);
        return error is null ? true : error.Code == V2ErrorCode.NodeExists ? false : throw Unexpected(error);
    }

    /// <summary>Replaces a record.</summary>
    /// <returns>Whether there was one.</returns>
    internal async ValueTask<bool> UpdateAsync(string path, string text)
    {
        await PrepareAsync().ConfigureAwait(false);
        V2Error? error = await PutAsync(path, text, isDirectory: false, exists: true).ConfigureAwait(false);
        return error is null ? true : error.Code == V2ErrorCode.KeyNotFound ? false : throw Unexpected(error);
    }

    /// <summary>Takes a record away.</summary>
    /// <returns>Whether there was one.</returns>
    internal async ValueTask<bool> DeleteAsync(string path)
    {
        await PrepareAsync().ConfigureAwait(false);
        V2Result result = await operations.ProposeAsync(V2Requests.Create(V2Requests.Delete, path)).ConfigureAwait(false);
        return result.Error is not { } error ? true : error.Code == V2ErrorCode.KeyNotFound ? false : throw Unexpected(error);
    }

    /// <summary>Turns access control on or off.</summary>
    internal async ValueTask SwitchAsync(bool isOn) => await UpdateAsync(Enabled, isOn ? On : "false").ConfigureAwait(false);

    /// <summary>Makes the directories, once.</summary>
    internal async ValueTask PrepareAsync()
    {
        if (Volatile.Read(ref _isPrepared))
        {
            return;
        }

        foreach (string directory in Directories)
        {
            Accept(await PutAsync(directory, string.Empty, isDirectory: true, exists: false).ConfigureAwait(false));
        }

        Accept(await PutAsync(Enabled, "false", isDirectory: false, exists: false).ConfigureAwait(false));
        Volatile.Write(ref _isPrepared, true);
    }

    private static void Accept(V2Error? error)
    {
        if (error is { Code: not V2ErrorCode.NodeExists })
        {
            throw Unexpected(error);
        }
    }

    private static V2AccessException Unexpected(V2Error error) => V2AccessException.Failed($"{error.Message} ({error.Cause})");

    private async ValueTask<V2Error?> PutAsync(string path, string text, bool isDirectory, bool exists)
    {
        Request request = V2Requests.Create(V2Requests.Put, path);
        request.Val = text;
        request.Dir = isDirectory;
        request.PrevExist = exists;
        return (await operations.ProposeAsync(request).ConfigureAwait(false)).Error;
    }
}
