using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace DeviceReader.Interop;

/// <summary>A terminal that hands over each key as it is pressed and does not show it, until this is disposed. Ctrl+C still is a signal.</summary>
internal sealed class KeyMode : IDisposable
{
    private const int Now = 0; // TCSANOW
    private const uint WholeLines = 0x2; // ICANON
    private const uint Echo = 0x8; // ECHO

    // struct termios of glibc and musl, on x86-64 and arm64: four words of flags, a byte, 32 control characters, two speeds.
    private const int Bytes = 60;
    private const int LocalFlags = 12;
    private const int ControlCharacters = 17;
    private const int TimeIndex = 5; // VTIME
    private const int CountIndex = 6; // VMIN

    private readonly SafeFileHandle _terminal;
    private readonly byte[] _before;

    private KeyMode(SafeFileHandle terminal, byte[] before)
    {
        _terminal = terminal;
        _before = before;
    }

    /// <summary>Null: this is no terminal, or another program has it now (a shell's background job would be stopped for trying).</summary>
    public static KeyMode? TryEnter(SafeFileHandle terminal)
    {
        byte[] settings = new byte[Bytes];
        if (Libc.tcgetpgrp(terminal) != Libc.getpgrp() || Libc.tcgetattr(terminal, settings) != 0)
        {
            return null;
        }

        byte[] before = [.. settings];
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(settings.AsSpan(LocalFlags));
        BinaryPrimitives.WriteUInt32LittleEndian(settings.AsSpan(LocalFlags), flags & ~(WholeLines | Echo));
        settings[ControlCharacters + TimeIndex] = 0;
        settings[ControlCharacters + CountIndex] = 1;
        return Libc.tcsetattr(terminal, Now, settings) == 0 ? new KeyMode(terminal, before) : null;
    }

    public void Dispose() => _ = Libc.tcsetattr(_terminal, Now, _before);
}
