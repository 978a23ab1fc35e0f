namespace Etcd.Hosting.Settings;

/// <summary>Reads <c>--feature-gates</c>: <c>A=true,B=false</c>. Where etcd 3.5 has a flag for the feature, the gate is that flag by another name.</summary>
internal static class FeatureGates
{
    private const string AllAlpha = "AllAlpha";
    private const string AllBeta = "AllBeta";

    internal static IReadOnlyList<FeatureGate> All { get; } =
    [
        new("InitialCorruptCheck", IsBeta: false, IsOn: false, "experimental-initial-corrupt-check"),
        new("CompactHashCheck", IsBeta: false, IsOn: false, "experimental-compact-hash-check-enabled"),
        new("LeaseCheckpoint", IsBeta: false, IsOn: false, "experimental-enable-lease-checkpoint"),
        new("LeaseCheckpointPersist", IsBeta: false, IsOn: false, "experimental-enable-lease-checkpoint-persist"),
        new("StopGRPCServiceOnDefrag", IsBeta: false, IsOn: false, "experimental-stop-grpc-service-on-defrag"),
        new("TxnModeWriteWithSharedBuffer", IsBeta: true, IsOn: true, "experimental-txn-mode-write-with-shared-buffer"),
        new("SetMemberLocalAddr", IsBeta: false, IsOn: false, Flag: null, (settings, isOn) => settings.BindsToAdvertisedAddress = isOn),
        new("FastLeaseKeepAlive", IsBeta: true, IsOn: true, Flag: null),
        new("PriorityRequest", IsBeta: false, IsOn: false, Flag: null),
    ];

    internal static string Names => string.Join(", ", All.Select(gate => gate.Name));

    /// <summary>Switches the features.</summary>
    /// <exception cref="FormatException">A gate is not known, or has no value that is true or false; etcd's text.</exception>
    /// <exception cref="SettingsException">A feature that was asked for by its name is not there.</exception>
    internal static void Apply(MemberSettings settings, string text)
    {
        Dictionary<string, bool> given = Read(text);
        foreach (FeatureGate gate in All)
        {
            if (given.TryGetValue(gate.Name, out bool isOn))
            {
                Switch(settings, gate, isOn);
            }
            else if (given.TryGetValue(gate.IsBeta ? AllBeta : AllAlpha, out isOn) && isOn != gate.IsOn)
            {
                SwitchIfAvailable(settings, gate, isOn);
            }
        }
    }

    private static Dictionary<string, bool> Read(string text)
    {
        var given = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (string item in ValueParsers.List(text))
        {
            int equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new FormatException($"missing bool value for {item}");
            }

            string name = item[..equals].Trim();
            string value = item[(equals + 1)..].Trim();
            if (name is not (AllAlpha or AllBeta) && All.All(gate => gate.Name != name))
            {
                throw new FormatException($"unrecognized feature gate: {name}");
            }

            try
            {
                given[name] = ValueParsers.Switch(value);
            }
            catch (FormatException)
            {
                throw new FormatException($"invalid value of {name}={value}, err: strconv.ParseBool: parsing \"{value}\": invalid syntax");
            }
        }

        return given;
    }

    // Whoever asks for all that there is cannot mean what is not.
    private static void SwitchIfAvailable(MemberSettings settings, FeatureGate gate, bool isOn)
    {
        try
        {
            Switch(settings, gate, isOn);
        }
        catch (SettingsException failure)
        {
            settings.Warnings.Add($"feature gate {gate.Name} stays as it is: {failure.Message}");
        }
    }

    private static void Switch(MemberSettings settings, FeatureGate gate, bool isOn)
    {
        if (gate.Flag is not null)
        {
            SettingsTable.All.Single(setting => setting.Name == gate.Flag).Parse(settings, isOn ? "true" : "false");
        }
        else if (gate.Set is not null)
        {
            gate.Set(settings, isOn);
        }
        else if (isOn != gate.IsOn)
        {
            settings.Warnings.Add($"feature gate {gate.Name}={(isOn ? "true" : "false")} has no effect");
        }
    }
}
