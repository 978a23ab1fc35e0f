namespace Etcd.Peer.Admission;

/// <summary>What was refused lately and to whom, so that one who tries again and again gets one log line and not one for every attempt. Any
/// thread.</summary>
internal sealed class ToldRefusals(TimeProvider time)
{
    /// <summary>How long the same refusal of the same sender is not told again.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    /// <summary>How many are remembered. A sender's name is its own word, and there is no end to names: the oldest is forgotten for a new one.</summary>
    internal const int RememberedMax = 64;

    private readonly Lock _lock = new();

    // In the order in which they were told.
    private readonly OrderedDictionary<(string Sender, string Refusal), long> _told = new(RememberedMax);

    /// <summary>Whether a refusal is to be told, which it is then taken to be.</summary>
    /// <param name="sender">Who is refused.</param>
    /// <param name="refusal">Why, with all that makes it another refusal.</param>
    public bool IsNew(string sender, string refusal)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            if (_told.TryGetValue((sender, refusal), out long told) && time.GetElapsedTime(told, now) < Silence)
            {
                return false;
            }

            if (!_told.Remove((sender, refusal)) && _told.Count == RememberedMax)
            {
                _told.RemoveAt(0);
            }

            _told.Add((sender, refusal), now);
            return true;
        }
    }
}
