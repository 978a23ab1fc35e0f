using System.Runtime.InteropServices;

using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tests;

public sealed class ProcessorCheckTests
{
    [Fact]
    public void Check_UnknownMachine_NeedsTheVariable()
    {
        ProcessorCheck.Check(Architecture.X64, new Dictionary<string, string>());
        ProcessorCheck.Check(Architecture.RiscV64, new Dictionary<string, string> { ["ETCD_UNSUPPORTED_ARCH"] = "riscv64" });

        SettingsException refusal = Assert.Throws<SettingsException>(() => ProcessorCheck.Check(Architecture.Arm, new Dictionary<string, string>()));
        Assert.Contains("unsupported architecture", refusal.Message, StringComparison.Ordinal);
    }
}
