using System.Text.Json;

using Etcd.Hosting.Logging;
using Etcd.Testing;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests;

public sealed partial class JsonLineLoggerTests : IDisposable
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

    private JsonElement Write(Action<ILogger> write)
    {
        string path = _directory.File("log");
        using (var provider = new JsonLineLoggerProvider(LogSink.Open([path]), LogLevel.Information, TimeProvider.System))
        {
            write(provider.CreateLogger("Etcd.Server.Consensus.RaftLoop"));
        }

        string line = Assert.Single(File.ReadAllLines(path));
        return JsonDocument.Parse(line).RootElement;
    }

    [LoggerMessage(1, LogLevel.Warning, "added member")]
    private static partial void MemberAdded(ILogger logger, string localMemberId, int count, IEnumerable<string> peerUrls);
}
