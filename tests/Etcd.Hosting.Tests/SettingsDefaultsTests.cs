using System.Collections;
using System.Reflection;

using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tests;

/// <summary>The default that the help text and the configuration page show is the one that holds when nothing is given.</summary>
public sealed class SettingsDefaultsTests
{
    // Defaults whose text is no value of the setting, and what they stand for.
    private static readonly Dictionary<string, string> Symbols = new()
    {
        ["data-dir"] = "made of the name",
        ["initial-cluster"] = "made of the name and --initial-advertise-peer-urls",
        ["max-concurrent-streams"] = "4294967295, by etcd's name for it",
    };

    public static TheoryData<string> Shown =>
        [.. SettingsTable.All.Where(setting => setting.DefaultText.Length > 0 && !Symbols.ContainsKey(setting.Name)).Select(setting => setting.Name)];

    [Theory]
    [MemberData(nameof(Shown))]
    public void DefaultText_GivenAsValue_ChangesNothing(string name)
    {
        Setting setting = SettingsTable.All.Single(setting => setting.Name == name);
        var settings = new MemberSettings();

        setting.Parse(settings, setting.DefaultText);

        // That they were given is all that may be seen.
        settings.ListenClientUrlsGiven = false;
        settings.AdvertiseClientUrlsGiven = false;
        Assert.Equal(ValuesOf(new MemberSettings(), string.Empty), ValuesOf(settings, string.Empty));
    }

    [Fact]
    public void MaxConcurrentStreams_Default_IsWhatItsSymbolSays() => Assert.Equal(uint.MaxValue, new MemberSettings().ConcurrentStreamsMax);

    [Fact]
    public void Symbols_Each_StandsForASettingThatIsThere() =>
        Assert.All(Symbols.Keys, name => Assert.Contains(SettingsTable.All, setting => setting.Name == name && setting.DefaultText.Length > 0));

    private static List<string> ValuesOf(object settings, string prefix)
    {
        var values = new List<string>();
        foreach (PropertyInfo property in settings.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            object? value = property.GetValue(settings);
            string name = $"{prefix}{property.Name}";
            switch (value)
            {
                case TlsSettings or V3DiscoverySettings:
                    values.AddRange(ValuesOf(value, $"{name}."));
                    break;
                case IEnumerable items and not string:
                    values.Add($"{name}={string.Join(", ", items.Cast<object>())}");
                    break;
                default:
                    values.Add($"{name}={value}");
                    break;
            }
        }

        return values;
    }
}
