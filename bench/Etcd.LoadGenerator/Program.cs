using Etcd.LoadGenerator;

return LoadGeneratorCommand.Create().Parse(args).Invoke();
