namespace Etcd.LoadGenerator.Load;

/// <summary>What the clients do.</summary>
internal enum Scenario
{
    /// <summary>Writes of one key.</summary>
    Put,

    /// <summary>Linearizable reads of one key.</summary>
    Get,

    /// <summary>Reads of one key from the member's own state.</summary>
    SerializableGet,

    /// <summary>Linearizable reads of 100 neighbouring keys.</summary>
    Range100,

    /// <summary>Transactions: one comparison that holds, one put, one read.</summary>
    Txn,

    /// <summary>Puts to watched keys; what counts is events delivered.</summary>
    Watch,

    /// <summary>Keep-alives of a lease for each client, each on its own stream.</summary>
    LeaseKeepAlive,

    /// <summary>Writes of one key through the JSON gateway.</summary>
    JsonPut,

    /// <summary>Linearizable reads of one key through the JSON gateway.</summary>
    JsonGet,
}
