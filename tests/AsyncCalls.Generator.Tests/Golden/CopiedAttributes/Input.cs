using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;

namespace Demo;

public sealed partial class Marked(AsyncCallRuntime calls)
{
    [AsyncCall]
    [Obsolete("Use \"Other\".")]
    public void Old() { }

    [AsyncCall]
    [SupportedOSPlatform("linux")]
    [UnsupportedOSPlatform("windows")]
    [Experimental("DEMO001", UrlFormat = "https://example.org/{0}")]
    public void New() { }

    [AsyncCall]
    [RequiresUnreferencedCode("Reflects.", Url = null)]
    [RequiresDynamicCode("Emits.")]
    public static void Reflect() { }

    [AsyncCall]
    public static T Make<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>() => Activator.CreateInstance<T>();

    [AsyncCall]
    public static int Count([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.PublicFields)] Type type, int start)
        => start + type.GetMethods().Length + type.GetFields().Length;
}
