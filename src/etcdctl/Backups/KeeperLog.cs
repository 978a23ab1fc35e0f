namespace Etcdctl.Backups;

/// <summary>Takes what a keeper tells.</summary>
/// <param name="message">What has happened.</param>
/// <param name="facts">Names and values: texts or whole numbers.</param>
internal delegate void KeeperLog(string message, params ReadOnlySpan<(string Name, object Value)> facts);
