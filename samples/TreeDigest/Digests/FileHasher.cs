using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using TreeDigest.Files;

namespace TreeDigest.Digests;

/// <summary>What became of one file.</summary>
/// <param name="Digest">Its SHA-256, or null.</param>
/// <param name="Problem">Why there is none.</param>
internal readonly record struct DigestOutcome(byte[]? Digest, string? Problem);

/// <summary>Digests one file after the other, through one buffer that stays where it is: pinning it costs nothing.</summary>
internal sealed class FileHasher(IFileSource source, int bufferBytes, Tally tally) : IDisposable
{
    private readonly Memory<byte> _buffer = GC.AllocateUninitializedArray<byte>(bufferBytes, pinned: true);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public async ValueTask<DigestOutcome> DigestAsync(FoundFile file, CancellationToken cancellationToken)
    {
        if (file.Problem is not null)
        {
            return new DigestOutcome(null, file.Problem);
        }

        try
        {
            using SafeFileHandle handle = await source.OpenAsync(file.Path, cancellationToken);
            await ReadToEndAsync(handle, file.Length, cancellationToken);
            return new DigestOutcome(_hash.GetHashAndReset(), null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What was read so far must not get into the next file's digest.
            _hash.GetHashAndReset();
            return new DigestOutcome(null, exception.Message);
        }
    }

    public void Dispose() => _hash.Dispose();

    /// <summary>
    /// Reads until the file says that it ends, wherever that is by then: files grow and shrink, and those of /proc have no length.
    /// The length that it had is only a hint not to ask for more than there is.
    /// </summary>
    private async ValueTask ReadToEndAsync(SafeFileHandle handle, long length, CancellationToken cancellationToken)
    {
        long offset = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int wanted = length > offset ? (int)Math.Min(length - offset, _buffer.Length) : _buffer.Length;
            int read = await source.ReadAsync(handle, _buffer[..wanted], offset, cancellationToken);
            if (read == 0)
            {
                return;
            }

            _hash.AppendData(_buffer.Span[..read]);
            tally.CountBytes(read);
            offset += read;
        }
    }
}
