namespace Etcd.Mvcc.Watch;

/// <summary>What is to be done after a notice was taken from a <see cref="StreamQueue"/>, outside its gate.</summary>
internal enum AfterTake
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Tell the hub that parked watchers of the stream can go on.</summary>
    RoomAgain,

    /// <summary>Ask the hub to answer a request for progress that came while the mark was in the queue.</summary>
    MarkWasTaken,
}
