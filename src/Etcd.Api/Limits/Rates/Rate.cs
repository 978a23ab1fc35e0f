namespace Etcd.Api.Limits.Rates;

/// <summary>How much somebody may ask of a member. 0 is no limit.</summary>
/// <param name="RequestsPerSecond">Requests a second in the long run.</param>
/// <param name="RequestsBurst">Requests at once, after a pause; at least 1 where there is a limit.</param>
/// <param name="BytesPerSecond">Bytes of requests and replies a second in the long run.</param>
/// <param name="BytesBurst">Bytes at once, after a pause.</param>
public sealed record Rate(double RequestsPerSecond, double RequestsBurst, double BytesPerSecond, double BytesBurst);
