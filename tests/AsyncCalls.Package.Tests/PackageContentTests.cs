using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;

namespace AsyncCalls.Package.Tests;

/// <summary>What is in the packages: exactly this.</summary>
public sealed class PackageContentTests(PackedFeed feed)
{
    /// <summary>Kinds of custom debug information of a portable PDB: a source beside its document, and the addresses of sources.</summary>
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    public static TheoryData<string> Packages => [.. PackedFeed.Packages];

    /// <summary>Every project that runs in the compiler.</summary>
    private static IEnumerable<string> CompilerAssemblies
        => Directory.GetFiles(Path.Combine(PackedFeed.Repository, "generator"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => $"analyzers/dotnet/cs/{Path.GetFileNameWithoutExtension(path)}.dll");

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_has_what_it_needs_and_nothing_else(string package)
    {
        using ZipArchive archive = feed.Open(package);

        IEnumerable<string> own = package == "AsyncCalls"
            ? ["buildTransitive/AsyncCalls.targets", "include/asynccalls_ring.h", .. CompilerAssemblies]
            : [];
        Assert.Equal(
            Sorted(["LICENSE", "README.md", $"{package}.nuspec", $"lib/net10.0/{package}.dll", $"lib/net10.0/{package}.xml", .. own]),
            Entries(archive));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Its_symbols_are_beside_it(string package)
    {
        using ZipArchive archive = feed.Open(package, "snupkg");
        Assert.Equal(Sorted([$"{package}.nuspec", $"lib/net10.0/{package}.pdb"]), Entries(archive));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_debugger_finds_every_source(string package)
    {
        using ZipArchive archive = feed.Open(package, "snupkg");
        using var copy = new MemoryStream(Bytes(archive, $"lib/net10.0/{package}.pdb"));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(copy);
        MetadataReader symbols = provider.GetMetadataReader();

        bool linked = symbols.CustomDebugInformation.Select(symbols.GetCustomDebugInformation).Any(information => symbols.GetGuid(information.Kind) == SourceLink);
        string[] missing =
        [
            .. symbols.Documents
                .Where(document => !linked && !symbols.GetCustomDebugInformation(document)
                    .Any(information => symbols.GetGuid(symbols.GetCustomDebugInformation(information).Kind) == EmbeddedSource))
                .Select(document => symbols.GetString(symbols.GetDocument(document).Name)),
        ];
        Assert.True(symbols.Documents.Count > 0, "The symbols name no source.");
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("AsyncCalls", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData(
        "AsyncCalls.DependencyInjection",
        "AsyncCalls",
        "Microsoft.Extensions.Hosting.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options")]
    [InlineData("AsyncCalls.Testing", "AsyncCalls", "Microsoft.Extensions.Logging.Abstractions")]
    public void What_a_package_needs_is_a_dependency_and_nothing_else_is(string package, params string[] expected)
    {
        XElement metadata = Metadata(package);
        XElement group = Assert.Single(Children(metadata, "dependencies"));
        Assert.Equal("net10.0", group.Attribute("targetFramework")!.Value);
        XElement[] dependencies = [.. group.Elements()];

        Assert.Equal(expected, dependencies.Select(dependency => dependency.Attribute("id")!.Value));
        Assert.All(
            dependencies.Where(dependency => dependency.Attribute("id")!.Value.StartsWith("AsyncCalls", StringComparison.Ordinal)),
            dependency =>
            {
                // Packed together: an older one would not do. With its generator, which "exclude" would keep from whoever has only this package.
                // The simulation is built on the inside of the runtime, so a newer one would not do either.
                string version = package == "AsyncCalls.Testing" ? $"[{feed.Version}]" : feed.Version;
                Assert.Equal(version, dependency.Attribute("version")!.Value);
                Assert.Null(dependency.Attribute("exclude"));
            });
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is(string package)
    {
        XElement metadata = Metadata(package);

        Assert.Equal(package, Value(metadata, "id"));
        Assert.Equal(feed.Version, Value(metadata, "version"));
        Assert.Equal("MIT", Value(metadata, "license"));
        Assert.Equal("README.md", Value(metadata, "readme"));
        Assert.NotEmpty(Value(metadata, "description"));
        Assert.NotEmpty(Value(metadata, "authors"));
        Assert.NotEmpty(Value(metadata, "tags"));

        // An address is there only if it is one that others can reach.
        string? repository = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "repository")?.Attribute("url")?.Value;
        Assert.True(repository is null || repository.StartsWith("https://", StringComparison.Ordinal), $"The repository is {repository}.");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Every_public_type_is_documented_in_it(string package)
    {
        using ZipArchive archive = feed.Open(package);
        XDocument documentation = XDocument.Parse(Encoding.UTF8.GetString(Bytes(archive, $"lib/net10.0/{package}.xml")).TrimStart('\uFEFF'));
        HashSet<string> documented = [.. documentation.Descendants("member").Select(member => member.Attribute("name")!.Value)];

        string[] types =
        [
            .. File.ReadAllLines(Path.Combine(PackedFeed.Repository, "runtime", package, "PublicAPI.Unshipped.txt"))
                .Concat(File.ReadAllLines(Path.Combine(PackedFeed.Repository, "runtime", package, "PublicAPI.Shipped.txt")))
                .Where(line => line.Length > 0 && !line.AsSpan().ContainsAny(" #(<")),
        ];
        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.Contains($"T:{type}", documented));
    }

    /// <summary>The files of a package without those that the format itself asks for.</summary>
    private static IEnumerable<string> Entries(ZipArchive archive) => Sorted(archive.Entries
        .Select(entry => entry.FullName)
        .Where(name => name != "[Content_Types].xml" && !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.StartsWith("package/", StringComparison.Ordinal)));

    private static IEnumerable<string> Sorted(IEnumerable<string> names) => names.Order(StringComparer.Ordinal);

    private static byte[] Bytes(ZipArchive archive, string name)
    {
        using Stream stream = archive.GetEntry(name)!.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private XElement Metadata(string package)
    {
        using ZipArchive archive = feed.Open(package);
        using Stream stream = archive.GetEntry($"{package}.nuspec")!.Open();
        return XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    private static IEnumerable<XElement> Children(XElement parent, string name)
        => parent.Elements().Single(element => element.Name.LocalName == name).Elements();

    private static string Value(XElement parent, string name) => parent.Elements().Single(element => element.Name.LocalName == name).Value;
}
