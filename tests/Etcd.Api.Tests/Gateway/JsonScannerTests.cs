using System.Text;

using Etcd.Api.Gateway.Json;

namespace Etcd.Api.Tests.Gateway;

/// <summary>Where a JSON value ends, and what is said of one that has no end. Texts as real etcd 3.5.30 gave them.</summary>
public sealed class JsonScannerTests
{
    [Theory]
    [InlineData("trux", "invalid character 'x' in literal true (expecting 'e')")]
    [InlineData("{\"a\" x", "invalid character 'x' after object key")]
    [InlineData("{\"a\":1 x", "invalid character 'x' after object key:value pair")]
    [InlineData("{x", "invalid character 'x' looking for beginning of object key string")]
    [InlineData("{\"a\":[1 x", "invalid character 'x' after array element")]
    [InlineData("{\"a\":\"\\x\"}", "invalid character 'x' in string escape code")]
    [InlineData("{\"a\":\"\\u00zz\"}", "invalid character 'z' in \\u hexadecimal character escape")]
    [InlineData("{\"a\":01}", "invalid character '1' after object key:value pair")]
    [InlineData("{\"a\":-x}", "invalid character 'x' in numeric literal")]
    [InlineData("{\"a\":1.x}", "invalid character 'x' after decimal point in numeric literal")]
    [InlineData("{\"a\":1ex}", "invalid character 'x' in exponent of numeric literal")]
    [InlineData("'x'", "invalid character '\\'' looking for beginning of value")]
    [InlineData("é", "invalid character 'Ã' looking for beginning of value")]
    [InlineData("{\"key\":\"YQ==\",}", "invalid character '}' looking for beginning of object key string")]
    [InlineData("[1,]", "invalid character ']' looking for beginning of value")]
    [InlineData("\"a\nb\"", "invalid character '\\n' in string literal")]
    public void TryComplete_MalformedValue_SaysWhatIsWrong(string text, string fault)
    {
        var scanner = new JsonScanner();

        bool isComplete = scanner.TryComplete(Encoding.UTF8.GetBytes(text), out _);

        Assert.False(isComplete);
        Assert.Equal(fault, scanner.Fault);
    }

    [Theory]
    [InlineData("{}rest", "{}")]
    [InlineData("{\"a\":[1,{\"b\":\"}\\\"\"}],\"c\":null} {", "{\"a\":[1,{\"b\":\"}\\\"\"}],\"c\":null}")]
    [InlineData("-12.5e+3,", "-12.5e+3")]
    [InlineData("true{", "true")]
    [InlineData("\"x\"\"y\"", "\"x\"")]
    [InlineData("[ ] ", "[ ]")]
    public void TryComplete_ValueWithMoreBehindIt_EndsWhereItEnds(string text, string value)
    {
        var scanner = new JsonScanner();

        bool isComplete = scanner.TryComplete(Encoding.UTF8.GetBytes(text), out int used);

        Assert.True(isComplete);
        Assert.Equal(value, text[..used]);
    }

    [Theory]
    [InlineData("{\"a\":[1,{\"b\":\"}\\\"\\u00e9\"}],\"c\":-1.5e-3}")]
    [InlineData("[true,false,null,0]")]
    public void TryComplete_OneByteAtATime_EndsAtTheSamePlace(string text)
    {
        var scanner = new JsonScanner();
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        for (int at = 0; at < bytes.Length - 1; at++)
        {
            Assert.False(scanner.TryComplete(bytes.AsSpan(at, 1), out _));
            Assert.Null(scanner.Fault);
        }

        Assert.True(scanner.TryComplete(bytes.AsSpan(bytes.Length - 1), out _));
    }

    [Theory]
    [InlineData("tru")]
    [InlineData("{")]
    [InlineData("{\"a\":")]
    [InlineData("\"a")]
    [InlineData("1.")]
    public void TryFinish_CutOffValue_IsUnexpectedEnd(string text)
    {
        var scanner = new JsonScanner();
        scanner.TryComplete(Encoding.UTF8.GetBytes(text), out _);

        Assert.False(scanner.TryFinish());
        Assert.Equal("unexpected EOF", scanner.Fault);
    }

    // A body of a megabyte of opening brackets must not cost much more than its own memory.
    [Fact]
    public void TryComplete_BracketsWithoutEnd_AreRefusedAtABoundedDepth()
    {
        var scanner = new JsonScanner();

        Assert.False(scanner.TryComplete(Encoding.ASCII.GetBytes(new string('[', 1_000_000)), out int used));
        Assert.Equal("exceeded max depth", scanner.Fault);
        Assert.True(used < 2000);
    }
}
