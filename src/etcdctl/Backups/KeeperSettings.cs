namespace Etcdctl.Backups;

/// <summary>How a directory of incremental backups is kept.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="BaseInterval">How long changes follow one base.</param>
/// <param name="BaseBytes">Size of the changes at which a new base is taken.</param>
/// <param name="Retain">Bases to keep.</param>
/// <param name="HashInterval">How often the member's hash is recorded.</param>
/// <param name="MarkInterval">How often it is recorded that nothing has happened.</param>
/// <param name="Once">Ends when the directory is current.</param>
internal sealed record KeeperSettings(
    string Directory, TimeSpan BaseInterval, long BaseBytes, int Retain, TimeSpan HashInterval, TimeSpan MarkInterval, bool Once);
