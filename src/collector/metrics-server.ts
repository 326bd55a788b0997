import { createServer, type Server } from 'node:http';
import { StartError } from '#base';
import type { PrometheusReaderConfig } from '#config';
import { printPrometheus } from './telemetry/prometheus-text.ts';
import type { MetricRegistry } from './telemetry/registry.ts';

/** The collector's own metrics for Prometheus, at `/metrics` of each reader's address. */
export class MetricsServer {
  readonly #registry: MetricRegistry;
  #servers: Server[] = [];
  #readers: readonly PrometheusReaderConfig[] = [];
  #resource: ReadonlyMap<string, string> = new Map();

  constructor(registry: MetricRegistry) {
    this.#registry = registry;
  }

  /** Serves these readers from now on; sockets are reopened only if the readers changed. Throws a StartError on a taken port. */
  async apply(readers: readonly PrometheusReaderConfig[], resource: ReadonlyMap<string, string>): Promise<void> {
    this.#resource = resource;
    if (JSON.stringify(readers) === JSON.stringify(this.#readers)) return;
    await this.close();
    this.#readers = readers;
    for (const reader of readers) this.#servers.push(await this.#listen(reader));
  }

  /** The ports that are listened on, in the order of the readers. */
  get ports(): readonly number[] {
    return this.#servers.flatMap((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? [address.port] : [];
    });
  }

  async close(): Promise<void> {
    this.#readers = [];
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }

  async #listen(reader: PrometheusReaderConfig): Promise<Server> {
    const server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0];
      if (path !== '/metrics') {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
        return;
      }
      const body = printPrometheus(this.#registry.collect(), this.#resource, reader);
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'the address is already in use' : error.message;
        reject(
          new StartError(
            `service::telemetry::metrics: cannot listen on ${reader.host}:${reader.port}: ${why}`,
            'choose another port with --metrics-address, or in service::telemetry::metrics::readers',
            { cause: error },
          ),
        );
      });
      server.listen(reader.port, reader.host, resolve);
    });
    return server;
  }
}
