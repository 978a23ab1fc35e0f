namespace Etcd.Hosting.Logging;

/// <summary>When a log file is put aside and a new one begun: <c>--log-rotation-config-json</c>.</summary>
/// <param name="MebibytesMax">Size in MiB that a file does not exceed; 0 stands for 100.</param>
/// <param name="DaysMax">Days after which a file put aside is deleted; 0 keeps it.</param>
/// <param name="BackupsMax">How many files put aside are kept; 0 keeps all.</param>
/// <param name="LocalTime">Whether the names of files put aside carry local time instead of UTC.</param>
/// <param name="Compress">Whether files put aside are compressed with gzip.</param>
public sealed record LogRotation(int MebibytesMax, int DaysMax, int BackupsMax, bool LocalTime, bool Compress)
{
    private const int MebibytesMaxDefault = 100;

    /// <summary>Size in bytes that a file does not exceed.</summary>
    internal long BytesMax => (MebibytesMax == 0 ? MebibytesMaxDefault : MebibytesMax) * 1024L * 1024;
}
