using Doctor;

return CommandLine.Run(args, ReportCommand.Run);
