namespace Etcd.Simulation.Schedule;

/// <summary>A promise was broken in a simulated run, or the run itself was not what it should be.</summary>
internal sealed class SimulationFailedException(string message, Exception? cause = null) : Exception(message, cause);
