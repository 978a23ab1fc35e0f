using Microsoft.Extensions.Logging;

namespace Etcd.Server.Access;

/// <summary>Log lines of users and roles, in etcd's wording. Nothing here takes a password, a hash or a token.</summary>
internal sealed partial class AuthLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1300, LogLevel.Information, "enabled authentication")]
    internal partial void Enabled();

    [LoggerMessage(1301, LogLevel.Information, "disabled authentication")]
    internal partial void Disabled();

    [LoggerMessage(1302, LogLevel.Information, "added a user")]
    internal partial void UserAdded(string userName);

    [LoggerMessage(1303, LogLevel.Information, "deleted a user")]
    internal partial void UserDeleted(string userName);

    [LoggerMessage(1304, LogLevel.Information, "changed a password of a user")]
    internal partial void PasswordChanged(string userName);

    [LoggerMessage(1305, LogLevel.Information, "granted a role to a user")]
    internal partial void RoleGranted(string userName, string addedRoleName);

    [LoggerMessage(1306, LogLevel.Information, "revoked a role from a user")]
    internal partial void RoleRevoked(string userName, string revokedRoleName);

    [LoggerMessage(1307, LogLevel.Information, "created a role")]
    internal partial void RoleAdded(string roleName);

    [LoggerMessage(1308, LogLevel.Information, "deleted a role")]
    internal partial void RoleDeleted(string roleName);

    [LoggerMessage(1309, LogLevel.Information, "granted/updated a permission to a user")]
    internal partial void PermissionGranted(string userName, string permissionName);

    [LoggerMessage(1310, LogLevel.Information, "revoked a permission on range")]
    internal partial void PermissionRevoked(string roleName, string key, string rangeEnd);

    [LoggerMessage(1311, LogLevel.Warning, "failed to authenticate")]
    internal partial void LoginRefused(string userName, string remoteAddress, string error);
}
