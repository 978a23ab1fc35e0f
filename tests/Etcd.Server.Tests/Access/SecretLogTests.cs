using Etcd.Auth;
using Etcd.Peer;
using Etcd.Protocol.Rpc;
using Etcd.Testing.SimulatedDisk;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Tests.Access;

/// <summary>Tokens and passwords never reach a log, at any level.</summary>
public sealed class SecretLogTests
{
    [Fact]
    public async Task Log_LoginsAndChangesOfUsers_HoldsNoSecret()
    {
        using var loggers = new CapturingLoggers();
        await using EtcdServer server = await EtcdServer.StartAsync(
            AuthMember.Options with { WarningApplyDuration = TimeSpan.FromTicks(1) },
            new SimulatedFileSystem(),
            TimeProvider.System,
            loggers,
            LonePeerNetwork.Instance,
            TestContext.Current.CancellationToken);
        await server.Published;
        await server.Auth.AddUserAsync(new AuthUserAddRequest { Name = "root", Password = "first-secret" }, default, CancellationToken.None);
        await server.Auth.AddRoleAsync(new AuthRoleAddRequest { Name = "root" }, default);
        await server.Auth.GrantRoleAsync(new AuthUserGrantRoleRequest { User = "root", Role = "root" }, default);
        await server.Auth.EnableAsync(new AuthEnableRequest(), default);
        string token = await LogInAsync(server, "first-secret");
        Caller root = await server.Access.RecogniseAsync(token, null, CancellationToken.None);
        await server.Auth.ChangePasswordAsync(
            new AuthUserChangePasswordRequest { Name = "root", Password = "second-secret" }, root, CancellationToken.None);
        await AuthMember.RefusedAsync(() => LogInAsync(server, "guessed-secret"));
        await AuthMember.RefusedAsync(async () => await server.Access.RecogniseAsync(token, null, CancellationToken.None));

        string hash = server.Access.Rules.Users["root"].PasswordHash.ToStringUtf8();
        Assert.Contains(loggers.Lines, line => line.Contains("added a user", StringComparison.Ordinal));
        Assert.Contains(loggers.Lines, line => line.Contains("failed to authenticate", StringComparison.Ordinal));
        Assert.Contains(loggers.Lines, line => line.Contains("apply request took too long", StringComparison.Ordinal));
        foreach (string secret in (string[])["secret", token, token.Split('.')[0], hash])
        {
            Assert.DoesNotContain(loggers.Lines, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    private static async Task<string> LogInAsync(EtcdServer server, string password) =>
        (await server.Auth.AuthenticateAsync(new AuthenticateRequest { Name = "root", Password = password }, "test", CancellationToken.None)).Token;

    private sealed class CapturingLoggers : ILoggerFactory, ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string facts = state is IEnumerable<KeyValuePair<string, object?>> fields
                ? string.Join(" ", fields.Select(field => $"{field.Key}={field.Value}"))
                : string.Empty;
            lock (_lines)
            {
                _lines.Add($"{formatter(state, exception)} {facts} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
