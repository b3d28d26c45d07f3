using System.Runtime.CompilerServices;

// Every import of this assembly is blittable: no marshalling stub stands between a call and the kernel.
[assembly: DisableRuntimeMarshalling]
