namespace Etcd.LoadGenerator.Load;

/// <summary>Picks the key of each request: in order, or evenly at random from a seed (xorshift, a few instructions).</summary>
internal sealed class KeyChooser(long keys, bool isSequential, ulong seed)
{
    private ulong _state = (seed * 0x9E37_79B9_7F4A_7C15) | 1;
    private long _next;

    public long Next()
    {
        if (isSequential)
        {
            return _next++ % keys;
        }

        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (long)(_state % (ulong)keys);
    }
}
