using System.Text;

using Etcd.Api.Limits.Rates;
using Etcd.Hosting.Limits;
using Etcd.Hosting.Settings;
using Etcd.Testing;

namespace Etcd.Hosting.Tests.Limits;

public sealed class LimitsReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_WholeFile_IsWhatItSays()
    {
        LimitsDocument limits = Read("""
            rates:
              default:
                requests-per-second: 100
              user:alice:
                requests-per-second: 10
                requests-burst: 20
                bytes-per-second: 1e6
              role:batch:
                bytes-per-second: 0.5
                bytes-burst: 4096
            quotas:
              /team-a/:
                max-keys: 1000
                max-bytes: 1048576
              /team-a/logs/:
                max-keys: 10
            """);

        Assert.Equal(new Rate(100, 100, 0, 1), limits.Rates.Default);
        Assert.Equal(new Rate(10, 20, 1e6, 1e6), Assert.Single(limits.Rates.Users, user => user.Key == "alice").Value);
        Assert.Equal(new Rate(0, 1, 0.5, 4096), Assert.Single(limits.Rates.Roles, role => role.Key == "batch").Value);
        Assert.Equal(
            [("/team-a/", 1000L, 1048576L), ("/team-a/logs/", 10L, 0L)],
            limits.Quotas.Select(quota => (Encoding.UTF8.GetString(quota.Prefix.Span), quota.KeysMax, quota.BytesMax)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("rates:\nquotas:\n")]
    [InlineData("{}")]
    public void Read_NothingInIt_IsNoLimits(string text)
    {
        LimitsDocument limits = Read(text);

        Assert.True(limits.Rates.IsEmpty);
        Assert.Empty(limits.Quotas);
    }

    [Theory]
    [InlineData("rate: {}", 1, "unknown key \"rate\": there are rates and quotas")]
    [InlineData("[]", 1, "the file must be a map")]
    [InlineData("rates:\n  alice: { requests-per-second: 1 }", 2, "rates: \"alice\" is neither user:NAME nor role:NAME nor default")]
    [InlineData("rates:\n  'user:': { requests-per-second: 1 }", 2, "rates: \"user:\" is neither user:NAME nor role:NAME nor default")]
    [InlineData("rates:\n  default: { requests: 1 }", 2, "default: unknown key \"requests\"")]
    [InlineData("rates:\n  default: { requests-burst: 1 }", 2, "default: give requests-per-second or bytes-per-second")]
    [InlineData("rates:\n  default: { requests-per-second: -1 }", 2, "requests-per-second: must be a number above 0")]
    [InlineData("rates:\n  default: { requests-per-second: many }", 2, "requests-per-second: must be a number above 0")]
    [InlineData("rates:\n  default: { requests-per-second: .inf }", 2, "requests-per-second: must be a number above 0")]
    [InlineData("rates:\n  default: 5", 2, "default must be a map")]
    [InlineData("quotas:\n  '': { max-keys: 1 }", 2, "quotas: a prefix is empty; --quota-backend-bytes bounds all keys")]
    [InlineData("quotas:\n  /a/: { keys: 1 }", 2, "/a/: unknown key \"keys\"")]
    [InlineData("quotas:\n  /a/: {}", 2, "/a/: give max-keys or max-bytes")]
    public void Read_Unfit_IsRefusedWithFileAndLine(string text, int line, string message)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(() => Read(text));

        Assert.Equal($"{_directory.File("limits.yaml")}:{line}: {message}", refusal.Message);
    }

    [Theory]
    [InlineData("quotas:\n  /a/: { max-keys: 1 }\n  /a/: { max-keys: 2 }")]
    [InlineData("a: &a [1]\nrates: *a")]
    [InlineData("[[[[[[[[[[1]]]]]]]]]]")]
    public void Read_TwiceAliasedOrDeep_IsRefused(string text) => Assert.Throws<SettingsException>(() => Read(text));

    [Fact]
    public void Read_NotThere_IsRefused() =>
        Assert.Contains(
            "no such file or directory",
            Assert.Throws<SettingsException>(() => LimitsReader.Read(_directory.File("absent"))).Message,
            StringComparison.Ordinal);

    private LimitsDocument Read(string text)
    {
        File.WriteAllText(_directory.File("limits.yaml"), text);
        return LimitsReader.Read(_directory.File("limits.yaml"));
    }
}
