namespace Etcdctl.V2;

/// <summary>A reply about keys.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Node">The node after it.</param>
/// <param name="PrevNode">The node before it, where there was one.</param>
/// <param name="Index">Index of the server's tree, as its head tells.</param>
internal sealed record V2Reply(string Action, V2ReplyNode Node, V2ReplyNode? PrevNode, string Index);
