using Etcd.Disk;

namespace Etcd.Bolt.Pages;

/// <summary>A memory map shared by the versions that read through it; unmapped when the last lets go.</summary>
/// <remarks>A file that outgrows its map gets a second one, while readers that began earlier still use the first.</remarks>
internal sealed class FileMapping(IFileMap map)
{
    private int _holders;

    internal IFileMap Map { get; } = map;

    internal void Hold() => Interlocked.Increment(ref _holders);

    internal void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Map.Dispose();
        }
    }
}
