using System.Globalization;
using System.IO.Compression;

namespace Etcd.Hosting.Logging;

/// <summary>The files that a rotated log has put aside: their names, their number, their age.</summary>
/// <remarks>A file <c>etcd.log</c> is put aside as <c>etcd-2026-11-28T18-53-00.123.log</c>, which the tools for etcd's own rotation expect.</remarks>
internal sealed class LogBackups
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH-mm-ss.fff";
    private const string CompressedEnd = ".gz";

    private readonly string _directory;
    private readonly string _prefix;
    private readonly string _extension;
    private readonly LogRotation _rotation;
    private readonly TimeProvider _time;

    internal LogBackups(string path, LogRotation rotation, TimeProvider time)
    {
        _directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _prefix = Path.GetFileNameWithoutExtension(path) + "-";
        _extension = Path.GetExtension(path);
        _rotation = rotation;
        _time = time;
    }

    /// <summary>The name that a file put aside now gets.</summary>
    internal string NextName()
    {
        // Two files put aside in the same millisecond must not take each other's place.
        for (DateTime stamp = Now(); ; stamp = stamp.AddMilliseconds(1))
        {
            string name = Path.Combine(_directory, _prefix + stamp.ToString(TimeFormat, CultureInfo.InvariantCulture) + _extension);
            if (!File.Exists(name) && !File.Exists(name + CompressedEnd))
            {
                return name;
            }
        }
    }

    /// <summary>Deletes what is too old or too many, and compresses the rest if that is wanted.</summary>
    internal void TidyUp()
    {
        DateTime oldest = _rotation.DaysMax > 0 ? Now().AddDays(-_rotation.DaysMax) : DateTime.MinValue;
        int kept = 0;
        foreach ((string file, DateTime stamp) in Existing().OrderByDescending(backup => backup.Stamp))
        {
            bool isTooMany = _rotation.BackupsMax > 0 && kept >= _rotation.BackupsMax;
            if (isTooMany || stamp < oldest)
            {
                File.Delete(file);
                continue;
            }

            kept++;
            if (_rotation.Compress && !file.EndsWith(CompressedEnd, StringComparison.Ordinal))
            {
                Compress(file);
            }
        }
    }

    private static void Compress(string file)
    {
        // The whole archive stands under its name or nothing does: a stop in the middle leaves the original.
        string unfinished = file + CompressedEnd + ".tmp";
        using (FileStream source = File.OpenRead(file))
        using (var archive = new GZipStream(
            new FileStream(unfinished, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }),
            CompressionLevel.Fastest))
        {
            source.CopyTo(archive);
        }

        File.Move(unfinished, file + CompressedEnd, overwrite: true);
        File.Delete(file);
    }

    private DateTime Now() => _rotation.LocalTime ? _time.GetLocalNow().DateTime : _time.GetUtcNow().UtcDateTime;

    private IEnumerable<(string File, DateTime Stamp)> Existing()
    {
        foreach (string file in Directory.EnumerateFiles(_directory, _prefix + "*"))
        {
            string name = Path.GetFileName(file);
            string plain = name.EndsWith(CompressedEnd, StringComparison.Ordinal) ? name[..^CompressedEnd.Length] : name;
            if (plain.EndsWith(_extension, StringComparison.Ordinal)
                && plain.Length > _prefix.Length + _extension.Length
                && DateTime.TryParseExact(
                    plain[_prefix.Length..^_extension.Length], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime stamp))
            {
                yield return (file, stamp);
            }
        }
    }
}
