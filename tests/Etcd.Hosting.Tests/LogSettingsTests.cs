using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tests;

// The texts are those of real etcd 3.5.30.
public sealed class LogSettingsTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Theory]
    [InlineData("default,stderr", false, "multi logoutput for \"default\" is not supported yet")]
    [InlineData("systemd/journal,stderr", false, "running with systemd/journal but other '--log-outputs' values ([\"stderr\" \"systemd/journal\"])")]
    [InlineData("default", true, "--log-outputs requires a single file path when --log-rotate-config-json is defined")]
    [InlineData("/a.log,/b.log", true, "--log-outputs requires a single file path when --log-rotate-config-json is defined")]
    public void Read_OutputsThatDoNotFit_AreRefused(string outputs, bool rotates, string reason)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read([$"--log-outputs={outputs}", $"--enable-log-rotation={rotates}"], NoEnvironment, out _));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", "improperly formatted log rotation config")]
    [InlineData("[]", "invalid log rotation config")]
    [InlineData("""{"maxsize":"x"}""", "invalid log rotation config: maxsize")]
    [InlineData("""{"maxsize":1.5}""", "invalid log rotation config: maxsize")]
    [InlineData("""{"maxage":-1}""", "invalid log rotation config: maxage")]
    [InlineData("""{"compress":1}""", "invalid log rotation config: compress")]
    public void Read_RotationThatCannotBeRead_IsRefused(string json, string reason)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(() => ReadRotation(json));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Rotation_TakesEachValueAndPassesOverUnknownOnes()
    {
        MemberSettings settings = ReadRotation("""{"maxsize":7,"maxage":3,"maxbackups":2,"localtime":true,"compress":true,"unknown":1}""");

        Assert.Equal(new(7, 3, 2, LocalTime: true, Compress: true), settings.LogRotation);
    }

    [Fact]
    public void Read_RotationNotAskedFor_IsOff()
    {
        MemberSettings settings = SettingsReader.Read(["--log-outputs=/a.log"], NoEnvironment, out _);

        Assert.Null(settings.LogRotation);
    }

    private static MemberSettings ReadRotation(string json) => SettingsReader.Read(
        ["--log-outputs=/a.log,stderr", "--enable-log-rotation", $"--log-rotation-config-json={json}"], NoEnvironment, out _);
}
