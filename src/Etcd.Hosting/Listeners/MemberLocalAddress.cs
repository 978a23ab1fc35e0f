using System.Net;

using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Listeners;

/// <summary>The address that a member's connections to others come from, where the gate <c>SetMemberLocalAddr</c> asks for one that the others know.</summary>
internal static class MemberLocalAddress
{
    /// <summary>The first address among the advertised peer URLs that is one of a machine: neither loopback nor unspecified.</summary>
    /// <returns><see langword="null"/> where the gate is off or no URL has such an address; names are not looked up.</returns>
    internal static IPAddress? Of(MemberSettings settings, HostLog log)
    {
        if (!settings.BindsToAdvertisedAddress)
        {
            return null;
        }

        string[] urls = [.. settings.AdvertisePeerUrls.Select(url => url.OriginalString)];
        log.SearchingLocalAddress(urls);
        foreach (Uri url in settings.AdvertisePeerUrls)
        {
            if (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address) && !IPAddress.IsLoopback(address)
                && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            {
                log.SettingLocalAddress(address.ToString());
                return address;
            }
        }

        log.NoLocalAddress(urls);
        return null;
    }
}
