using System.Runtime.InteropServices;

namespace AsyncCalls.Ring;

/// <summary>Lies at the end of an object, so that what the next object's owner writes does not take the object's line away from its readers.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal readonly struct CacheLinePadding;
