using Etcd.Protocol.Errors;
using Etcd.Server;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Clients;

/// <summary>The way between clients and members. It takes time, and may lose requests and replies; a client gives up after a while without
/// knowing what became of its request.</summary>
internal sealed class ClientConnections(EventQueue queue, SimulationRandom random, Action<Exception> fail)
{
    private static readonly TimeSpan LatencyMin = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan LatencyMax = TimeSpan.FromMilliseconds(2);

    /// <summary>Chance, in percent, that a request or a reply is lost.</summary>
    public double LossPercent { get; set; }

    /// <summary>Sends a request to a member.</summary>
    /// <param name="target">The member.</param>
    /// <param name="call">Carries it out there.</param>
    /// <param name="timeout">How long the client waits.</param>
    public Task<ClientReply<T>> CallAsync<T>(SimulatedMember target, Func<EtcdServer, ValueTask<T>> call, TimeSpan timeout)
        where T : class
    {
        var done = new TaskCompletionSource<ClientReply<T>>();
        queue.Post(timeout, null, "client gives up", () => done.TrySetResult(ClientReply<T>.Unknown));
        Travel(() =>
        {
            if (target.IsUp)
            {
                ProcessLife life = target.Life;
                queue.Post(TimeSpan.Zero, life, "request", () => _ = ServeAsync(target, life, call, done));
            }
            else
            {
                Travel(() => done.TrySetResult(ClientReply<T>.NotConnected));
            }
        });
        return done.Task;
    }

    private async Task ServeAsync<T>(
        SimulatedMember target, ProcessLife life, Func<EtcdServer, ValueTask<T>> call, TaskCompletionSource<ClientReply<T>> done)
        where T : class
    {
        ClientReply<T> reply;
        try
        {
            reply = ClientReply<T>.Of(await call(target.Server!).ConfigureAwait(false));
        }
        catch (EtcdException refusal)
        {
            reply = ClientReply<T>.Refused(refusal.Code);
        }
#pragma warning disable CA1031 // Whatever else is thrown at a client is a fault of the member, unless the member is about to die of one.
        catch (Exception failure)
        {
            if (!target.MayFailAsker(life, failure))
            {
                fail(new SimulationFailedException($"{life.Name} threw at a client: {failure}"));
            }

            return;
        }
#pragma warning restore CA1031

        if (!life.IsOver)
        {
            Travel(() => done.TrySetResult(reply));
        }
    }

    private void Travel(Action arrive)
    {
        TimeSpan way = random.Between(LatencyMin, LatencyMax);
        if (!random.Percent(LossPercent))
        {
            queue.Post(way, null, "client message", arrive);
        }
    }
}
