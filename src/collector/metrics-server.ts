import { createServer, type Server } from 'node:http';
import { type Logger, StartError } from '#base';
import { type HostGuard, refuseHost } from '#base/host-guard.ts';
import { watchForTlsHello } from '#base/tls-hello.ts';
import type { PrometheusReaderConfig } from '#config';
import { ListenerRefusals } from '#net';
import { printPrometheus } from './telemetry/prometheus-text.ts';
import type { MetricRegistry } from './telemetry/registry.ts';

/** What the listeners follow besides their addresses; a reload may change it. */
export interface MetricsServerSettings {
  readonly logger: Logger;
  readonly allowedHosts: readonly string[];
}

const PLACE = 'service::telemetry::metrics::readers';

/** The collector's own metrics for Prometheus, at `/metrics` of each reader's address. */
export class MetricsServer {
  readonly #registry: MetricRegistry;
  #servers: { readonly server: Server; readonly reader: PrometheusReaderConfig; guard: HostGuard }[] = [];
  #readers: readonly PrometheusReaderConfig[] = [];
  #resource: ReadonlyMap<string, string> = new Map();

  constructor(registry: MetricRegistry) {
    this.#registry = registry;
  }

  /** Serves these readers from now on; sockets are reopened only if the readers changed. Throws a StartError on a taken port. */
  async apply(
    readers: readonly PrometheusReaderConfig[],
    resource: ReadonlyMap<string, string>,
    settings: MetricsServerSettings,
  ): Promise<void> {
    this.#resource = resource;
    const refusals = new ListenerRefusals({ logger: settings.logger, meter: this.#registry.meter() });
    const guardOf = ({ host }: PrometheusReaderConfig): HostGuard =>
      refusals.hostGuard(PLACE, host, settings.allowedHosts);
    if (JSON.stringify(readers) !== JSON.stringify(this.#readers)) {
      await this.close();
      this.#readers = readers;
      const tellTls = onceOnly(refusals);
      for (const reader of readers) await this.#listen(reader, guardOf(reader), tellTls);
    }
    for (const one of this.#servers) {
      one.guard = guardOf(one.reader);
      one.guard.listensOn(one.server.address());
    }
  }

  /** The ports that are listened on, in the order of the readers. */
  get ports(): readonly number[] {
    return this.#servers.flatMap(({ server }) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? [address.port] : [];
    });
  }

  async close(): Promise<void> {
    this.#readers = [];
    await Promise.all(
      this.#servers.splice(0).map(
        ({ server }) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }

  async #listen(reader: PrometheusReaderConfig, guard: HostGuard, tellTls: () => void): Promise<void> {
    const server = createServer((request, response) => {
      if (refuseHost(one.guard, request, response)) return;
      const path = (request.url ?? '').split('?')[0];
      if (path !== '/metrics') {
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
        return;
      }
      const body = printPrometheus(this.#registry.collect(), this.#resource, reader);
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
    });
    watchForTlsHello(server, tellTls);
    const one = { server, reader, guard };
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
    this.#servers.push(one);
  }
}

/** Counts clients that speak TLS here, and says the first. */
function onceOnly(refusals: ListenerRefusals): () => void {
  let isNew = true;
  return () => {
    refusals.count(
      'tls_unexpected',
      `${PLACE}: a client speaks TLS, and this port speaks plain text: use http:// there`,
      isNew,
    );
    isNew = false;
  };
}
