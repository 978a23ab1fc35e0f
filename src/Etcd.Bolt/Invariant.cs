using System.Runtime.CompilerServices;

namespace Etcd.Bolt;

/// <summary>Conditions that cannot be false unless this library has a fault; checked in release builds too, since going on
/// would spread damage to the file.</summary>
internal static class Invariant
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Holds(bool condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        if (!condition)
        {
            Fail(text);
        }
    }

    private static void Fail(string text) => throw new InvariantViolationException(text);
}
