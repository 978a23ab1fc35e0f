using Etcd.Mvcc;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Limits;

/// <summary>Alarms that members have raised, kept in the backend bucket <c>alarm</c>. The apply thread writes; anybody reads.</summary>
internal sealed class AlarmStore
{
    private readonly Backend _backend;
    private volatile IReadOnlyList<AlarmMember> _raised;

    internal AlarmStore(Backend backend)
    {
        _backend = backend;
        _raised = Read(backend);
    }

    /// <summary>Where every member tells of what is raised and lowered; <see langword="null"/> for nowhere.</summary>
    internal ServerLog? Log { get; init; }

    /// <summary>Alarms in force, ascending by member and kind.</summary>
    internal IReadOnlyList<AlarmMember> Raised => _raised;

    /// <summary>Whether any member has raised that kind.</summary>
    internal bool IsRaised(AlarmType alarm)
    {
        foreach (AlarmMember raised in _raised)
        {
            if (raised.Alarm == alarm)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads again what the backend holds, after another file has been installed in it. Apply thread.</summary>
    internal void Recover() => _raised = Read(_backend);

    /// <summary>Raises an alarm; one that is in force stays.</summary>
    internal AlarmMember Raise(ulong memberId, AlarmType alarm)
    {
        var wanted = new AlarmMember { MemberID = memberId, Alarm = alarm };
        if (!_raised.Contains(wanted))
        {
            _raised = [.. _raised.Append(wanted).OrderBy(a => a.MemberID).ThenBy(a => a.Alarm)];
            _backend.Put(BackendBucket.Alarm, wanted.ToByteArray(), ReadOnlyMemory<byte>.Empty);
            Log?.AlarmRaised(NameOf(alarm), Membership.Member.FormatId(memberId));
        }

        return wanted;
    }

    /// <summary>Lowers an alarm.</summary>
    /// <returns>The alarm that was in force, or <see langword="null"/> if none was.</returns>
    internal AlarmMember? Lower(ulong memberId, AlarmType alarm)
    {
        var wanted = new AlarmMember { MemberID = memberId, Alarm = alarm };
        if (!_raised.Contains(wanted))
        {
            return null;
        }

        _raised = [.. _raised.Where(raised => !raised.Equals(wanted))];
        _backend.Delete(BackendBucket.Alarm, wanted.ToByteArray());
        Log?.AlarmDisarmed(NameOf(alarm), Membership.Member.FormatId(memberId));
        return wanted;
    }

    /// <summary>The name of a kind, as etcd writes it.</summary>
    internal static string NameOf(AlarmType alarm) => alarm switch
    {
        AlarmType.Nospace => "NOSPACE",
        AlarmType.Corrupt => "CORRUPT",
        _ => "NONE",
    };

    private static List<AlarmMember> Read(Backend backend)
    {
        var raised = new List<AlarmMember>();
        using BackendView view = backend.View();
        BackendCursor cursor = view.Scan(BackendBucket.Alarm);
        while (cursor.MoveNext())
        {
            raised.Add(AlarmMember.Parser.ParseFrom(cursor.Key));
        }

        return raised;
    }
}
