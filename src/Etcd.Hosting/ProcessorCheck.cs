using System.Runtime.InteropServices;

using Etcd.Hosting.Settings;

namespace Etcd.Hosting;

/// <summary>Keeps the server from machines nobody has tried it on, unless the operator insists (<c>ETCD_UNSUPPORTED_ARCH</c>).</summary>
internal static class ProcessorCheck
{
    /// <summary>Looks at the machine.</summary>
    /// <exception cref="SettingsException">It is none of those etcd supports, and the variable does not name it.</exception>
    public static void Check(Architecture machine, IReadOnlyDictionary<string, string> environment)
    {
        string name = machine == Architecture.X64 ? "amd64" : machine.ToString().ToLowerInvariant();
        bool isKnown = machine is Architecture.X64 or Architecture.Arm64 or Architecture.Ppc64le or Architecture.S390x;
        if (!isKnown && environment.GetValueOrDefault("ETCD_UNSUPPORTED_ARCH", string.Empty) != name)
        {
            throw new SettingsException($"refusing to run etcd on unsupported architecture since ETCD_UNSUPPORTED_ARCH is not set to {name}");
        }
    }
}
