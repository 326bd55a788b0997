import { createSocket, type Socket } from 'node:dgram';
import { messageOf, StartError } from '#base';
import type { CreateSettings } from '#component';
import { parseHostPort } from '#config';
import type { UdpConfig } from './config.ts';

export interface UdpPortSettings {
  readonly settings: CreateSettings;
  /** For errors: `receivers::jaeger::protocols::thrift_compact`. */
  readonly path: string;
  /** The label of its counters: `udp_thrift_compact`. */
  readonly transport: string;
  readonly config: UdpConfig;
  /** Never rejects. */
  readonly receive: (packet: Uint8Array, peer: string) => Promise<void>;
}

/** A UDP port. Packets that the pipeline has no place for are dropped and counted: their senders don't wait for an answer. */
export class UdpPort {
  readonly #with: UdpPortSettings;
  readonly #drop: (reason: 'queue_full' | 'too_large') => void;
  #socket: Socket | undefined;
  #waiting = 0;
  #onIdle: (() => void) | undefined;

  constructor(settings: UdpPortSettings) {
    this.#with = settings;
    const { meter } = settings.settings;
    const counter = (reason: string) =>
      meter.counter(
        'receiver_dropped_packets',
        { unit: '{packets}', description: 'Packets that were thrown away unread' },
        { transport: settings.transport, reason },
      );
    const counters = { queue_full: counter('queue_full'), too_large: counter('too_large') };
    this.#drop = (reason) => counters[reason].add(1);
  }

  /** `host:port` with the real port; '' while it doesn't run. */
  get address(): string {
    if (this.#socket === undefined) return '';
    const { address, port } = this.#socket.address();
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  async start(): Promise<void> {
    const { config, path, settings } = this.#with;
    const { host = '', port = 0 } = parseHostPort(config.endpoint) ?? {};
    const address = host === 'localhost' ? '127.0.0.1' : host;
    const socket = createSocket({
      type: address.includes(':') ? 'udp6' : 'udp4',
      ...(config.socketBufferBytes > 0 && { recvBufferSize: config.socketBufferBytes }),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => reject(this.#startError(error, path)));
      socket.bind({ port, ...(address !== '' && { address }) }, () => {
        socket.removeAllListeners('error');
        resolve();
      });
    });
    socket.on('error', (error) => settings.logger.warn('UDP port failed', { error: messageOf(error) }));
    socket.on('message', (packet, { address: from, port: fromPort }) => this.#take(packet, `${from}:${fromPort}`));
    this.#socket = socket;
    settings.logger.info('Starting UDP server', { endpoint: this.address, transport: this.#with.transport });
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    if (this.#waiting === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#with.settings.clock.after(deadlineMs, resolve);
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }

  #take(packet: Buffer, peer: string): void {
    const { config, receive } = this.#with;
    const isTooLarge = packet.length > config.maxPacketBytes;
    if (isTooLarge || this.#waiting >= config.queueSize) {
      this.#drop(isTooLarge ? 'too_large' : 'queue_full');
      return;
    }
    this.#waiting++;
    void receive(packet, peer).finally(() => {
      if (--this.#waiting === 0) this.#onIdle?.();
    });
  }

  #startError(error: Error, path: string): StartError {
    const { code } = error as NodeJS.ErrnoException;
    const { endpoint } = this.#with.config;
    const what =
      code === 'EADDRINUSE' ? `${endpoint} is already in use` : `can't listen on ${endpoint}: ${error.message}`;
    return new StartError(`${path}::endpoint: ${what}`, `choose another address: --set ${path}::endpoint=HOST:PORT`, {
      cause: error,
    });
  }
}
