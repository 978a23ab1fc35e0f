namespace Etcd.Server.Offline.Inspection;

/// <summary>One thing in a file, for people and for programs.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Facts">Names and values: texts, whole numbers, truth values, lists of unsigned numbers, bytes, or an <see cref="EmbeddedJson"/>.</param>
public sealed record DumpLine(string Kind, params (string Name, object Value)[] Facts);

/// <summary>A value that is JSON already.</summary>
/// <param name="Text">The JSON.</param>
public sealed record EmbeddedJson(string Text);
