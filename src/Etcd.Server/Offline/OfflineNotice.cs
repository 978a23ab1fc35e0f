namespace Etcd.Server.Offline;

/// <summary>A step of an offline operation, for the operator's log.</summary>
/// <param name="Source">Part of the program that tells it.</param>
/// <param name="Message">What happens.</param>
/// <param name="Facts">Names and values that belong to it: texts, whole numbers, truth values or lists of texts.</param>
public sealed record OfflineNotice(string Source, string Message, params (string Name, object Value)[] Facts);
