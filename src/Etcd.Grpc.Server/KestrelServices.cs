using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server;

/// <summary>The services that Kestrel asks its options for, and the sockets it listens through. They come from a container as in a web host,
/// because only there do sockets and streams share Kestrel's own pool of pinned buffers: made by hand they take theirs from the general array
/// pool, which was a fifth of all a put allocated.</summary>
internal sealed class KestrelServices(RpcServerOptions options, ILoggerFactory loggerFactory) : IServiceProvider, IDisposable
{
    private readonly ServiceProvider _container = Build(options, loggerFactory);

    /// <summary>The sockets.</summary>
    public IConnectionListenerFactory Sockets => _container.GetRequiredService<IConnectionListenerFactory>();

    public object? GetService(Type serviceType) => _container.GetService(serviceType);

    public void Dispose() => _container.Dispose();

    private static ServiceProvider Build(RpcServerOptions options, ILoggerFactory loggerFactory)
    {
        var services = new ServiceCollection();
        services.AddSingleton(loggerFactory);
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton<IHostEnvironment>(new ServerEnvironment());
        new ServiceCollector(services).UseKestrelCore().UseSockets(sockets => KestrelSettings.SetUp(sockets, options));
        return services.BuildServiceProvider();
    }

    /// <summary>What Kestrel's TLS set-up wants to know about a host: nothing here depends on it.</summary>
    private sealed class ServerEnvironment : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = Environments.Production;

        public string ApplicationName { get; set; } = "etcd";

        public string ContentRootPath { get; set; } = AppContext.BaseDirectory;

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }

    /// <summary>The part of a web host builder through which Kestrel registers its services; the types are internal to it.</summary>
    private sealed class ServiceCollector(IServiceCollection services) : IWebHostBuilder
    {
        private readonly WebHostBuilderContext _context = new();

#pragma warning disable ASPDEPR008 // the interface demands the method with its obsolete result; nobody calls it
        public IWebHost Build() => throw new NotSupportedException("this builder only collects services");
#pragma warning restore ASPDEPR008

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
        {
            configureServices(_context, services);
            return this;
        }

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;
    }
}
