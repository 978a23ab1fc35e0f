return Etcd.Proxy.ProxyProgram.Handles(args) ? await Etcd.Proxy.ProxyProgram.RunAsync(args) : await Etcd.Hosting.EtcdProgram.RunAsync(args);
