return await Etcd.Hosting.EtcdProgram.RunAsync(args);
