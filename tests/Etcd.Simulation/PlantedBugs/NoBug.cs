namespace Etcd.Simulation.PlantedBugs;

/// <summary>The product as it is.</summary>
internal sealed class NoBug : PlantedBug
{
    public static NoBug Instance { get; } = new();
}
