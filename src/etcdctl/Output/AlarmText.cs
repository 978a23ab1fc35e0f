using System.Globalization;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Output;

/// <summary>Alarms as text.</summary>
internal static class AlarmText
{
    /// <summary>The compact text form, with its blank at the end: <c>memberID:1 alarm:NOSPACE </c>. Zero fields are left out.</summary>
    public static string Describe(AlarmMember alarm) =>
        (alarm.MemberID == 0 ? "" : "memberID:" + alarm.MemberID.ToString(CultureInfo.InvariantCulture) + " ")
        + (alarm.Alarm == AlarmType.None ? "" : "alarm:" + Name(alarm.Alarm) + " ");

    /// <summary>The name of a kind of alarm, or its number when it has none here.</summary>
    public static string Name(AlarmType alarm) => alarm switch
    {
        AlarmType.None => "NONE",
        AlarmType.Nospace => "NOSPACE",
        AlarmType.Corrupt => "CORRUPT",
        _ => ((int)alarm).ToString(CultureInfo.InvariantCulture),
    };
}
