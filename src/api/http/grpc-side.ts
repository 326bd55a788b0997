import type { Server, Socket } from 'node:net';
import { StartError } from '#base';
import { type GrpcServer, isHttp2Preface, lookAtFirstBytes } from '#net';
import { makeGrpcServer } from './grpc.ts';
import { type ServerLogger, stderrLogger } from './logger.ts';
import type { ApiHost } from './mount.ts';
import type { ApiPlugin } from './plugin.ts';

export interface GrpcSideOptions {
  readonly host?: string;
  readonly grpcAddress?: string;
  readonly mayLackGrpc?: boolean;
  readonly allowedHosts?: readonly string[];
  readonly logger?: ServerLogger;
}

const DEADLINE_MS = 5_000;

/** Where the server speaks gRPC: on its own port beside HTTP/1.1, told by the first bytes of a connection, and on a port for gRPC alone. */
export class GrpcSide {
  readonly #options: GrpcSideOptions;
  readonly #logger: ServerLogger;
  #shared: GrpcServer | undefined;
  #own: GrpcServer | undefined;
  #address: string | undefined;
  readonly #closeSilent: (() => void)[] = [];

  constructor(options: GrpcSideOptions) {
    this.#options = options;
    this.#logger = options.logger ?? stderrLogger;
  }

  /** `host:port` of gRPC alone, once it listens there. */
  get address(): string | undefined {
    return this.#address;
  }

  serve(plugins: readonly ApiPlugin[], host: ApiHost): void {
    const { host: ownHost = '', allowedHosts = [], grpcAddress } = this.#options;
    const make = (): GrpcServer => makeGrpcServer(plugins, host, { ownHost, allowedHosts, logger: this.#logger });
    this.#shared = make();
    if (grpcAddress !== undefined) this.#own = make();
  }

  /** Takes from a server of HTTP/1.1 that listens those connections that speak HTTP/2. */
  sharesPortOf(server: Server): void {
    const shared = this.#shared!;
    shared.answersAt(server.address());
    const take = (socket: Socket): void => shared.take(socket);
    this.#closeSilent.push(lookAtFirstBytes(server, (first) => (isHttp2Preface(first) ? take : true)));
  }

  /** Throws StartError for a port that can't be had, where it must be. */
  async listen(): Promise<void> {
    const { grpcAddress, mayLackGrpc } = this.#options;
    if (this.#own === undefined || grpcAddress === undefined) return;
    try {
      const place = { key: 'signalbox::server::grpc_endpoint', endpoint: grpcAddress, transport: 'tcp' } as const;
      this.#address = (await this.#own.listen(place)).address;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      if (mayLackGrpc !== true) throw new StartError(error.message, WAY_OUT, { cause: error });
      this.#logger.warn(`no port for gRPC alone: ${error.message}; it is answered on the port of HTTP (${WAY_OUT})`);
    }
  }

  async close(): Promise<void> {
    for (const close of this.#closeSilent) close();
    await Promise.all([this.#shared?.shutdown(DEADLINE_MS), this.#own?.shutdown(DEADLINE_MS)]);
  }
}

const WAY_OUT = 'choose another with --grpc-address or SIGNALBOX_GRPC_ADDRESS, or none: --grpc-address off';
