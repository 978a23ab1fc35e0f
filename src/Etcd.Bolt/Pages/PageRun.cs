namespace Etcd.Bolt.Pages;

/// <summary>Neighbouring pages that hold one node, or one freelist.</summary>
/// <param name="Start">Id of the first page.</param>
/// <param name="Count">Number of pages, at least 1.</param>
internal readonly record struct PageRun(ulong Start, int Count);
