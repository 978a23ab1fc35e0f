using System.Collections;
using System.Runtime.InteropServices;

using Etcd.Disk.Linux;
using Etcd.Hosting.Logging;
using Etcd.Hosting.Service;
using Etcd.Hosting.Settings;
using Etcd.Server;
using Etcd.Server.Bootstrap;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting;

/// <summary>The <c>etcd</c> program: arguments in, exit code out.</summary>
public static class EtcdProgram
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int UsageError = 2;

    /// <summary>Runs the program until it is told to stop.</summary>
    /// <param name="arguments">Command-line arguments.</param>
    /// <returns>0 after a graceful stop, 1 when the member could not start or ended with a fault, 2 for a malformed command line.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (AnswersAtOnce(arguments))
        {
            return Success;
        }

        try
        {
            IReadOnlyDictionary<string, string> environment = ReadEnvironment();
            ProcessorCheck.Check(RuntimeInformation.ProcessArchitecture, environment);
            MemberSettings settings = SettingsReader.Read(arguments, environment, out IReadOnlyList<string> warnings);
            using var program = ServiceProgram.Begin(settings);
            return await RunAsync(settings, arguments, warnings, program);
        }
        catch (SettingsException failure) when (failure.IsUsageError)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            await Console.Error.WriteAsync(HelpText.Usage);
            return UsageError;
        }
        catch (SettingsException failure)
        {
            using var logging = ProgramLogging.Open(new MemberSettings());
            new HostLog(logging.Loggers.CreateLogger<MemberHost>()).UnfitFlags(failure.Message);
            return Failure;
        }
    }

    private static bool AnswersAtOnce(string[] arguments)
    {
        if (arguments.Any(argument => argument is "-h" or "--h" or "-help" or "--help"))
        {
            Console.Out.Write(HelpText.Full());
            return true;
        }

        if (arguments.Any(AsksForVersion))
        {
            string release = typeof(EtcdProgram).Assembly.GetName().Version?.ToString(3) ?? "unknown";
            Console.Out.WriteLine($"etcd Version: {EtcdVersion.Compatibility}");
            Console.Out.WriteLine("Git SHA: Not provided");
            Console.Out.WriteLine($"Go Version: none ({RuntimeInformation.FrameworkDescription})");
            Console.Out.WriteLine($"Go OS/Arch: linux/{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");
            Console.Out.WriteLine($"Release: etcd for .NET {release}");
            return true;
        }

        return false;
    }

    // As with any switch, a value may follow it.
    private static bool AsksForVersion(string argument)
    {
        string[] parts = argument.Split('=', 2);
        return parts[0] is "-version" or "--version" && (parts.Length == 1 || parts[1] is "1" or "t" or "T" or "true" or "TRUE" or "True");
    }

    private static async Task<int> RunAsync(
        MemberSettings settings, string[] arguments, IReadOnlyList<string> warnings, ServiceProgram program)
    {
        HostLog log = program.Log;
        log.Running(LoggedArguments.Of(arguments));
        foreach (string warning in warnings.Concat(DataDirectoryWarnings(settings)))
        {
            log.Warning(warning);
        }

        string release = typeof(EtcdProgram).Assembly.GetName().Version?.ToString(3) ?? "unknown";
        log.Starting(EtcdVersion.Compatibility, release, Environment.ProcessorCount, settings.Name, settings.DataDirectory);

        string phase = "start";
        try
        {
            if (settings.LocksMemory)
            {
                ProcessMemory.Lock();
            }

            await using MemberHost host = await MemberHost.StartAsync(settings, program.Loggers, program.Stopping);
            program.Ready();
            phase = "stop";
            var stopped = new TaskCompletionSource();
            await using CancellationTokenRegistration registration = program.Stopping.Register(stopped.SetResult);
            Task ended = await Task.WhenAny(stopped.Task, host.Server.Termination);
            program.Ending();

            // A member that was removed from its cluster ends as if it had been told to.
            return ended == stopped.Task || await host.Server.Termination is null ? Success : Failure;
        }
        catch (OperationCanceledException) when (program.Stopping.IsCancellationRequested)
        {
            return Success;
        }
        catch (Exception failure) when (failure is SettingsException or BootstrapException)
        {
            log.Unfit(failure.Message);
            return Failure;
        }
#pragma warning disable CA1031 // Whatever the reason, an operator reads one clear line and a supervisor sees a failure.
        catch (Exception failure)
        {
            log.Failed($"failed to {phase} etcd: {failure.Message}");
            return Failure;
        }
#pragma warning restore CA1031
    }

    // Keys may be secrets; CVE-2020-15113 was a data directory that others could read.
    private static IEnumerable<string> DataDirectoryWarnings(MemberSettings settings)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        if (Directory.Exists(settings.DataDirectory) && (File.GetUnixFileMode(settings.DataDirectory) & Others) != 0)
        {
            yield return $"directory {settings.DataDirectory} exists, but the permission is wider than 0700: others may read its data";
        }
    }

    private static Dictionary<string, string> ReadEnvironment() =>
        Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? string.Empty, StringComparer.Ordinal);
}
