namespace Etcd.Server.Offline;

/// <summary>Makes pairs of the v3 store of nodes of the v2 tree, as the program of <c>etcdctl migrate --transformer</c> does: it reads nodes as JSON objects, one
/// behind the other, and writes pairs, each as its length in bytes (8, little-endian) and a <c>mvccpb.KeyValue</c>.</summary>
/// <param name="writeNodes">Writes the nodes; to be called once, on any thread.</param>
/// <param name="readPairs">Reads the pairs up to the end; to be called once, on the caller's thread.</param>
/// <exception cref="OfflineException">It failed: nothing is migrated.</exception>
public delegate void V2Transformer(Action<Stream> writeNodes, Action<Stream> readPairs);
