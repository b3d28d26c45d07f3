// Types that the compiler looks for and netstandard2.0 lacks.
#pragma warning disable IDE0130 // The compiler looks for them in these namespaces.
#pragma warning disable IDE0161 // Two namespaces in one file.

namespace System.Diagnostics.CodeAnalysis
{
    /// <summary>Permits <c>required</c> members in records.</summary>
    [AttributeUsage(AttributeTargets.Constructor)]
    internal sealed class SetsRequiredMembersAttribute : Attribute;
}

namespace System.Runtime.CompilerServices
{
    /// <summary>Permits <c>init</c> accessors.</summary>
    internal static class IsExternalInit;

    /// <summary>Permits <c>required</c> members.</summary>
    [AttributeUsage(AttributeTargets.All)]
    internal sealed class RequiredMemberAttribute : Attribute;

    /// <summary>Permits <c>required</c> members.</summary>
    [AttributeUsage(AttributeTargets.All)]
    internal sealed class CompilerFeatureRequiredAttribute : Attribute
    {
        public CompilerFeatureRequiredAttribute(string featureName) => FeatureName = featureName;

        public string FeatureName { get; }
    }
}
