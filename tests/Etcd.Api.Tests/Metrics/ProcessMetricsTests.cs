using System.Globalization;

using Etcd.Api.Metrics;

namespace Etcd.Api.Tests.Metrics;

public sealed class ProcessMetricsTests
{
    [Theory]
    [InlineData("20000", 20000d)]
    [InlineData("unlimited", double.PositiveInfinity)]
    public void OpenFilesMax_LimitsOfLinux_GivesTheSoftLimit(string soft, double expected)
    {
        string[] lines =
        [
            "Limit                     Soft Limit           Hard Limit           Units     ",
            "Max core file size        0                    unlimited            bytes     ",
            $"Max open files            {soft,-20} 524288               files     ",
        ];

        Assert.Equal(expected, ProcessMetrics.OpenFilesMax(lines));
    }

    [Fact]
    public void OpenFilesMax_NoSuchLine_SaysSo() =>
        Assert.Throws<InvalidDataException>(() => ProcessMetrics.OpenFilesMax(["Max core file size 0 unlimited bytes"]));

    [Fact]
    public void AddTo_ThisProcess_TellsItsFilesMemoryAndStart()
    {
        var metrics = new MetricsRegistry();
        ProcessMetrics.AddTo(metrics);

        Dictionary<string, double> values = MetricsText.Lines(metrics)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture));

        Assert.InRange(values["process_open_fds"], 3, values["process_max_fds"]);
        Assert.InRange(values["process_resident_memory_bytes"], 1 << 20, 1L << 40);
        double now = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        Assert.InRange(values["process_start_time_seconds"], now - 86400, now + 1);
        Assert.True(values["process_cpu_seconds_total"] > 0);
    }
}
