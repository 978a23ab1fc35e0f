namespace Etcd.Testing.SimulatedDisk;

/// <summary>A file or directory, apart from the names it goes by.</summary>
internal abstract class DiskNode;
