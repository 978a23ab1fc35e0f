using System.Text.Json;

using Etcd.Hosting.Logging;
using Etcd.Testing;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests;

public sealed partial class LineLoggerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Log_FactsBesideTheMessage_BecomeFieldsWithEtcdsNames()
    {
        JsonElement line = Write(logger => MemberAdded(logger, "a1", 3, ["u1", "u2"]));

        Assert.Equal("warn", line.GetProperty("level").GetString());
        Assert.Equal("added member", line.GetProperty("msg").GetString());
        Assert.Equal("a1", line.GetProperty("local-member-id").GetString());
        Assert.Equal(3, line.GetProperty("count").GetInt32());
        Assert.Equal(["u1", "u2"], line.GetProperty("peer-urls").EnumerateArray().Select(item => item.GetString()));
        Assert.True(DateTimeOffset.TryParse(line.GetProperty("ts").GetString(), out _));
    }

    // 2020 audit: log injection.
    [Fact]
    public void Log_LineBreaksInAFact_StayInsideTheOneLine()
    {
        JsonElement line = Write(logger => MemberAdded(logger, "x\n{\"level\":\"fatal\"}", 0, []));

        Assert.Equal("x\n{\"level\":\"fatal\"}", line.GetProperty("local-member-id").GetString());
    }

    [Fact]
    public void Log_ConsoleFormat_HasTabsAndThenTheFacts()
    {
        string line = WriteLine(logger => MemberAdded(logger, "a1", 3, ["u1", "u2"]), LogFormat.Console);

        string[] parts = line.Split('\t');
        Assert.True(DateTimeOffset.TryParse(parts[0], out _));
        Assert.Equal(
            ["warn", "consensus/RaftLoop:MemberAdded", "added member", """{"local-member-id": "a1", "count": 3, "peer-urls": ["u1","u2"]}"""], parts[1..]);
    }

    [Fact]
    public void Log_LineBreaksInAConsoleMessage_StayInsideTheOneLine()
    {
        string line = WriteLine(logger => Said(logger, "a\nb\r\nc"), LogFormat.Console);

        Assert.EndsWith("a\\nb\\nc", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Level_ChangedWhileRunning_CountsForLoggersThatExist()
    {
        string path = _directory.File("log");
        var level = new LogLevelSwitch(LogLevel.Error);
        using (var provider = new LineLoggerProvider(LogSink.Open([path], null, TimeProvider.System), level, LogFormat.Json, TimeProvider.System))
        {
            ILogger logger = provider.CreateLogger("a");
            Said(logger, "too quiet");
            level.Set(LogLevel.Debug);
            Said(logger, "heard");
            level.Reset();
            Said(logger, "too quiet again");
        }

        Assert.Contains("heard", Assert.Single(File.ReadAllLines(path)), StringComparison.Ordinal);
    }

    private JsonElement Write(Action<ILogger> write) => JsonDocument.Parse(WriteLine(write, LogFormat.Json)).RootElement;

    private string WriteLine(Action<ILogger> write, LogFormat format)
    {
        string path = _directory.File("log");
        var sink = LogSink.Open([path], rotation: null, TimeProvider.System);
        using (var provider = new LineLoggerProvider(sink, new LogLevelSwitch(LogLevel.Information), format, TimeProvider.System))
        {
            write(provider.CreateLogger("Etcd.Server.Consensus.RaftLoop"));
        }

        return Assert.Single(File.ReadAllLines(path));
    }

    [LoggerMessage(2, LogLevel.Information, "{message}")]
    private static partial void Said(ILogger logger, string message);

    [LoggerMessage(1, LogLevel.Warning, "added member")]
    private static partial void MemberAdded(ILogger logger, string localMemberId, int count, IEnumerable<string> peerUrls);
}
