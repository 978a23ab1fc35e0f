using System.Diagnostics;
using System.Text;
using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Checks that endpoints serve linearizable reads and have no alarm.</summary>
internal static class EndpointHealthCommand
{
    public static Command Create() =>
        new("health", "Checks the healthiness of endpoints specified in `--endpoints` flag") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        Session session = Session.Open(context);
        IReadOnlyList<string> endpoints = await EndpointSelection.ReadAsync(session, context);
        List<Task<EndpointHealth>> checks = [];
        foreach (string endpoint in endpoints)
        {
            // A call holds its thread, and all endpoints are asked at once.
            checks.Add(Task.Run(() => CheckAsync(session, endpoint)));
        }

        // In the order in which they answer: a slow endpoint comes last.
        List<EndpointHealth> results = [];
        await foreach (Task<EndpointHealth> check in Task.WhenEach(checks))
        {
            results.Add(await check);
        }

        session.Printer.Health(results);
        if (!results.TrueForAll(result => result.IsHealthy))
        {
            throw CommandFailedException.Because(ExitCode.Error, "unhealthy cluster");
        }
    }

    private static async Task<EndpointHealth> CheckAsync(Session session, string endpoint)
    {
        long start = Stopwatch.GetTimestamp();
        await using EtcdClient client = session.ClientFor(endpoint);
        string error = "";
        try
        {
            // Any key does: the answer shows that the member reaches a quorum.
            await client.Kv.GetAsync("health");
        }
        catch (RpcException failure) when (failure.Code == RpcStatusCode.PermissionDenied)
        {
            // The cluster agreed on this refusal too.
            error = "";
        }
        catch (RpcException failure)
        {
            error = RpcErrorText.Short(failure);
        }

        TimeSpan took = Stopwatch.GetElapsedTime(start);
        error = error.Length > 0 ? error : await AlarmsAsync(client);
        return new EndpointHealth(endpoint, error.Length == 0, took, error);
    }

    private static async Task<string> AlarmsAsync(EtcdClient client)
    {
        try
        {
            AlarmResponse reply = await client.Maintenance.AlarmsAsync();
            if (reply.Alarms.Count == 0)
            {
                return "";
            }

            StringBuilder text = new("Active Alarm(s): ");
            foreach (AlarmMember alarm in reply.Alarms)
            {
                text.Append(AlarmText.Name(alarm.Alarm)).Append(' ');
            }

            return text.ToString();
        }
        catch (RpcException)
        {
            return "Unable to fetch the alarm list";
        }
    }
}
