using TreeDigest;

using var interruption = new Interruption();
return CommandLine.Run(args, settings => settings.Compare
    ? CompareCommand.Run(settings, interruption)
    : DigestCommand.Run(settings, interruption));
