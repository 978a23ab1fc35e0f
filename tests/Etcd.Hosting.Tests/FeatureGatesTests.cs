using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tests;

public sealed class FeatureGatesTests
{
    [Theory]
    [InlineData("NoSuch=true", "invalid value \"NoSuch=true\" for flag -feature-gates: unrecognized feature gate: NoSuch")]
    [InlineData("AllAlpha", "invalid value \"AllAlpha\" for flag -feature-gates: missing bool value for AllAlpha")]
    [InlineData("AllBeta=x", "invalid value \"AllBeta=x\" for flag -feature-gates: invalid value of AllBeta=x, err: strconv.ParseBool: parsing \"x\": invalid syntax")]
    public void Read_UnknownGateOrValue_IsAUsageErrorInEtcdsWords(string gates, string expected)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(() => Read(gates));

        Assert.Equal((expected, true), (refusal.Message, refusal.IsUsageError));
    }

    [Fact]
    public void Read_Defaults_AskForNothing() =>
        Assert.Empty(Read(string.Join(',', FeatureGates.All.Select(gate => $"{gate.Name}={gate.IsOn}"))).Warnings);

    // Every gate is either a setting or says that it does nothing.
    [Fact]
    public void Read_AllAlpha_SwitchesWhatIsThereAndNamesTheRest() =>
        Assert.All(Read("AllAlpha=true").Warnings, warning => Assert.Matches("no effect|stays as it is", warning));

    private static MemberSettings Read(string gates) => SettingsReader.Read([$"--feature-gates={gates}"], new Dictionary<string, string>(), out _);
}
