using TreeDigest;

using var interruption = new Interruption();
return await CommandLine.RunAsync(args, settings => settings.Compare
    ? CompareCommand.RunAsync(settings, interruption)
    : DigestCommand.RunAsync(settings, interruption));
