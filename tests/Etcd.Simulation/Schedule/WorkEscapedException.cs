namespace Etcd.Simulation.Schedule;

/// <summary>Something ran on another thread than the simulation's: the run cannot be replayed, and proves nothing.</summary>
internal sealed class WorkEscapedException(string where) : Exception($"work left the simulation's thread: {where}");
