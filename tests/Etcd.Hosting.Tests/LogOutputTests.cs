using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

using Etcd.Hosting.Logging;
using Etcd.Testing;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests;

public sealed class LogOutputTests : IDisposable
{
    private const int Mebibyte = 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Rotation_LineBeyondTheSize_BeginsANewFileAndKeepsTheOldOne()
    {
        string path = _directory.File("etcd.log");
        using (LogSink sink = Open(path, new LogRotation(1, 0, 0, LocalTime: false, Compress: false)))
        {
            sink.Write(LogLevel.Information, Line('a', Mebibyte));
            sink.Write(LogLevel.Information, Line('b', 10));
        }

        Assert.Equal(Line('b', 10), File.ReadAllBytes(path));
        string backup = Assert.Single(Backups());
        Assert.Matches(@"etcd-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$", backup);
        Assert.Equal(Mebibyte, new FileInfo(backup).Length);
    }

    [Fact]
    public void Rotation_FileTakenAway_BeginsANewOneAndLosesNoLine()
    {
        string path = _directory.File("etcd.log");
        using (LogSink sink = Open(path, new LogRotation(1, 0, 0, LocalTime: false, Compress: false)))
        {
            sink.Write(LogLevel.Information, Line('a', Mebibyte));
            File.Delete(path);
            sink.Write(LogLevel.Information, Line('b', 10));
        }

        Assert.Equal(Line('b', 10), File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Rotation_BackupsBeyondTheirNumber_AreDeletedOldestFirst()
    {
        string path = _directory.File("etcd.log");
        using LogSink sink = Open(path, new LogRotation(1, 0, 2, LocalTime: false, Compress: false));
        foreach (char letter in "abcde")
        {
            sink.Write(LogLevel.Information, Line(letter, Mebibyte));
        }

        await UntilAsync(() => Backups().Length == 2);
        Assert.Equal("cd", string.Concat(Backups().Order(StringComparer.Ordinal).Select(file => (char)File.ReadAllBytes(file)[0])));
    }

    [Fact]
    public async Task Rotation_Compress_LeavesAnArchiveThatHoldsTheFile()
    {
        string path = _directory.File("etcd.log");
        using LogSink sink = Open(path, new LogRotation(1, 0, 0, LocalTime: false, Compress: true));
        sink.Write(LogLevel.Information, Line('a', Mebibyte));
        sink.Write(LogLevel.Information, Line('b', 10));

        await UntilAsync(() => Backups() is [var only] && only.EndsWith(".log.gz", StringComparison.Ordinal));
        await using var archive = new GZipStream(File.OpenRead(Backups()[0]), CompressionMode.Decompress);
        using var content = new MemoryStream();
        await archive.CopyToAsync(content, TestContext.Current.CancellationToken);
        Assert.Equal(Line('a', Mebibyte), content.ToArray());
    }

    [Fact]
    public async Task Rotation_BackupsPastTheirAge_AreDeletedAtTheStart()
    {
        string path = _directory.File("etcd.log");
        string old = _directory.File("etcd-2020-01-01T00-00-00.000.log");
        string foreign = _directory.File("etcd-notes.log");
        await File.WriteAllTextAsync(old, "old", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(foreign, "kept", TestContext.Current.CancellationToken);

        using LogSink sink = Open(path, new LogRotation(1, 30, 0, LocalTime: false, Compress: false));

        await UntilAsync(() => !File.Exists(old));
        Assert.True(File.Exists(foreign));
    }

    [Fact]
    public void Reopen_FileMovedAway_GoesOnInANewOne()
    {
        string path = _directory.File("etcd.log");
        using (LogSink sink = Open(path, rotation: null))
        {
            sink.Write(LogLevel.Information, "one\n"u8);
            File.Move(path, path + ".1");
            sink.Write(LogLevel.Information, "two\n"u8);
            sink.Reopen();
            sink.Write(LogLevel.Information, "three\n"u8);
        }

        Assert.Equal("one\ntwo\n", File.ReadAllText(path + ".1"));
        Assert.Equal("three\n", File.ReadAllText(path));
    }

    [Fact]
    public void Journal_Line_IsSentWithItsPriority()
    {
        string path = _directory.File("journal");
        using var journal = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        journal.Bind(new UnixDomainSocketEndPoint(path));
        using var output = new JournalLogOutput(path);

        output.Write(LogLevel.Warning, "{\"msg\":\"slow\"}\n"u8);

        byte[] datagram = new byte[1024];
        Assert.Equal(
            "PRIORITY=4\nMESSAGE={\"msg\":\"slow\"}\nSYSLOG_IDENTIFIER=etcd\n", Encoding.UTF8.GetString(datagram, 0, journal.Receive(datagram)));
    }

    [Fact]
    public void Journal_NobodyListens_SaysSo()
    {
        IOException failure = Assert.Throws<IOException>(() => new JournalLogOutput(_directory.File("nowhere")));

        Assert.Contains("can't find journal", failure.Message, StringComparison.Ordinal);
    }

    private static LogSink Open(string path, LogRotation? rotation) => LogSink.Open([path], rotation, TimeProvider.System);

    private static byte[] Line(char letter, int length) => Encoding.ASCII.GetBytes(new string(letter, length - 1) + "\n");

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            // Files appear without an event that could be awaited: looked at until the bound.
            await Task.Delay(10, bound.Token);
        }
    }

    private string[] Backups() => Directory.GetFiles(_directory.Path, "etcd-*");
}
