using DeviceReader;

using var ending = new Ending();
return CommandLine.Run(args, settings => ReadCommand.Run(settings, ending));
