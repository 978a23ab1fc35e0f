using System.Text;

namespace Etcd.Auth.Tests.Users;

public sealed class AuthNameTests
{
    public static TheoryData<string> Names =>
    [
        "61", "61ff", "61fe", "6180", "ff", "c3a9", "c3", "e282", "e28261", "f09f9880", "f09f98", "eda080", "c080", "efbfbd", "61efbfbd",
        "f48fbfbf", "f48fbe80", "f48fbdbf", "f48fb080", "f4908080", "00ff00",
    ];

    [Theory, MemberData(nameof(Names))]
    public void FromBytes_AnyBytes_IsATextThatSaysThemAll(string hexadecimal)
    {
        byte[] bytes = Convert.FromHexString(hexadecimal);

        string name = AuthName.FromBytes(bytes);

        Assert.Equal(bytes, AuthName.ToBytes(name));

        // The text itself travels through logs and replies, as UTF-8 that is valid.
        Assert.Equal(name, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Encoding.UTF8.GetBytes(name)));
    }

    [Fact]
    public void FromBytes_DifferentBytes_AreDifferentNamesInTheOrderOfTheBytes()
    {
        string[] sorted = [.. Names.Select(row => row.Data).Order(StringComparer.Ordinal).Select(data => AuthName.FromBytes(Convert.FromHexString(data)))];

        Assert.Equal(sorted.Length, sorted.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(sorted, sorted.Reverse().Order(NameOrder.Instance));
    }

    [Theory]
    [InlineData("61", true)]
    [InlineData("f09f9880", true)]
    [InlineData("f48fbdbf", true)]
    [InlineData("efbfbd", true)]
    [InlineData("61ff", false)]
    [InlineData("f48fbfbf", false)]
    public void IsText_TellsWhatAMessageCanSay(string hexadecimal, bool expected) =>
        Assert.Equal(expected, AuthName.IsText(AuthName.FromBytes(Convert.FromHexString(hexadecimal))));
}
