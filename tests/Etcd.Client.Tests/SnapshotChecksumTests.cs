using System.Security.Cryptography;

namespace Etcd.Client.Tests;

public class SnapshotChecksumTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(100, 1)]
    [InlineData(100, 7)]
    [InlineData(100, 31)]
    [InlineData(100, 33)]
    [InlineData(1000, 4096)]
    public void Matches_DataThenItsHash_InPiecesOfAnySize(int length, int pieceBytes)
    {
        byte[] data = RandomNumberGenerator.GetBytes(length);
        byte[] whole = [.. data, .. SHA256.HashData(data)];

        Assert.True(Verify(whole, pieceBytes));

        whole[length / 2] ^= 1;
        Assert.False(Verify(whole, pieceBytes));
    }

    [Fact]
    public void Matches_ShorterThanAHash_IsFalse() => Assert.False(Verify(new byte[31], 31));

    private static bool Verify(byte[] whole, int pieceBytes)
    {
        using SnapshotChecksum checksum = new();
        foreach (byte[] piece in whole.Chunk(pieceBytes))
        {
            checksum.Append(piece);
        }

        return checksum.Matches();
    }
}
