using System.Diagnostics.CodeAnalysis;

using Etcd.V2.Events;

namespace Etcd.V2;

/// <summary>What an operation on the tree came to: an event, or a refusal. Refusals are everyday outcomes here (a lost compare-and-swap is
/// how v2 clients take turns), so nothing is thrown for them.</summary>
public readonly record struct V2Result
{
    private V2Result(V2Event? happened, V2Error? error)
    {
        Event = happened;
        Error = error;
    }

    /// <summary>What happened or was read; <see langword="null"/> for a refusal.</summary>
    public V2Event? Event { get; }

    /// <summary>Why it was refused; <see langword="null"/> when it was not.</summary>
    public V2Error? Error { get; }

    /// <summary>Tells the two apart.</summary>
    public bool TryGetEvent([NotNullWhen(true)] out V2Event? happened, [NotNullWhen(false)] out V2Error? error)
    {
        happened = Event;
        error = Error;
        return happened is not null;
    }

    /// <summary>A result that is an event.</summary>
    public static implicit operator V2Result(V2Event happened) => new(happened, null);

    /// <summary>A result that is a refusal.</summary>
    public static implicit operator V2Result(V2Error error) => new(null, error);

    /// <summary>A result that is an event.</summary>
    public static V2Result FromEvent(V2Event happened) => happened;

    /// <summary>A result that is a refusal.</summary>
    public static V2Result FromError(V2Error error) => error;
}
