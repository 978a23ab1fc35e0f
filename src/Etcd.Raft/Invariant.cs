using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Etcd.Raft;

/// <summary>Checks of what must always be true; on in release builds.</summary>
internal static class Invariant
{
    /// <summary>Throws unless <paramref name="condition"/> is true. Facts are formatted only when it is not.</summary>
    [StackTraceHidden]
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        [InterpolatedStringHandlerArgument(nameof(condition))] ref FactsHandler facts,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
        {
            throw new InvariantViolationException($"{facts.ToStringAndClear()} (expected: {expression})");
        }
    }

    /// <summary>Formats the facts of a violated invariant, and nothing otherwise.</summary>
    [InterpolatedStringHandler]
    public ref struct FactsHandler
    {
        private DefaultInterpolatedStringHandler _text;

        public FactsHandler(int literalLength, int formattedCount, bool condition, out bool isEnabled)
        {
            isEnabled = !condition;
            _text = isEnabled ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

        public string ToStringAndClear() => _text.ToStringAndClear();
    }
}
