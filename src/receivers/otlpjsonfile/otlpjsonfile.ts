import { glob, stat } from 'node:fs/promises';
import { DecodeError, isPermanent, messageOf, StartError } from '#base';
import {
  type Consumer,
  type CreateSettings,
  type Host,
  type Receiver,
  type ReceiverCounters,
  receiverCounters,
} from '#component';
import { Batch, type Signal } from '#pdata';
import { decodeOtlpJson } from '#wire';
import type { OtlpJsonFileConfig } from './config.ts';
import { type LineOutcome, readLines } from './line-reader.ts';
import { Places } from './places.ts';

const ROOTS: readonly (readonly [key: string, signal: Signal])[] = [
  ['resourceSpans', 'traces'],
  ['resource_spans', 'traces'],
  ['resourceMetrics', 'metrics'],
  ['resource_metrics', 'metrics'],
  ['resourceLogs', 'logs'],
  ['resource_logs', 'logs'],
];
/** A line names its signal near its beginning. */
const ROOT_WITHIN_BYTES = 200;

/** Follows files, and hands on each line that is OTLP/JSON. */
export class OtlpJsonFileReceiver implements Receiver {
  readonly #settings: CreateSettings;
  readonly #config: OtlpJsonFileConfig;
  readonly #next: Partial<Record<Signal, Consumer>>;
  readonly #counters: Readonly<Record<Signal, ReceiverCounters>>;
  readonly #places: Places;
  readonly #stop = new AbortController();
  readonly #unreadable: { add(count: number): void };
  #cancel: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #isFirstLook = true;
  #hasSaidTooMany = false;

  constructor(settings: CreateSettings, config: OtlpJsonFileConfig, next: Partial<Record<Signal, Consumer>>) {
    this.#settings = settings;
    this.#config = config;
    this.#places = new Places(config.headBytes, settings.logger);
    this.#next = next;
    this.#counters = receiverCounters(settings, 'file');
    this.#unreadable = settings.meter.counter('receiver_unreadable_lines', {
      unit: '{lines}',
      description: 'Lines that are too long or no OTLP/JSON',
    });
  }

  async start(host: Host): Promise<void> {
    const { storage } = this.#config;
    if (storage !== '') {
      const { id } = this.#settings;
      try {
        const client = await host.extension(storage, 'storage').open({ kind: 'receiver', id, name: '' });
        await this.#places.keepIn(client);
      } catch (error) {
        throw new StartError(`receivers::${id}::storage: ${messageOf(error)}`, undefined, { cause: error });
      }
    }
    this.#look();
  }

  async shutdown(): Promise<void> {
    this.#cancel();
    this.#stop.abort();
    await this.#running;
    await this.#places.close();
  }

  #look(): void {
    this.#running = this.#readAll()
      .catch((error: unknown) => {
        this.#settings.logger.error('Reading files failed', { error: messageOf(error) });
      })
      .finally(() => {
        this.#running = undefined;
        this.#isFirstLook = false;
        if (this.#stop.signal.aborted) return;
        this.#cancel = this.#settings.clock.after(this.#config.pollIntervalMs, () => this.#look());
      });
  }

  async #readAll(): Promise<void> {
    const seen = new Set<string>();
    for await (const path of glob([...this.#config.include], { exclude: [...this.#config.exclude] })) {
      if (this.#stop.signal.aborted) return;
      const info = await stat(path).catch(() => undefined);
      if (info === undefined || !info.isFile()) continue;
      const key = `${info.dev}:${info.ino}`;
      if (seen.size >= this.#config.maxFiles && !seen.has(key)) {
        this.#sayTooMany();
        continue;
      }
      seen.add(key);
      const from = await this.#placeOf(key, path, info.size);
      if (info.size > from) this.#places.set(key, path, await this.#readFile(path, from));
    }
    this.#places.keepOnly(seen);
    await this.#places.save();
  }

  async #placeOf(key: string, path: string, bytes: number): Promise<number> {
    if (this.#config.replays) return 0;
    const known = await this.#places.get(key, path);
    // A file that has become shorter was written anew.
    if (known !== undefined) return known <= bytes ? known : 0;
    const from = this.#isFirstLook && !this.#config.startsAtBeginning ? bytes : 0;
    this.#places.set(key, path, from);
    return from;
  }

  #sayTooMany(): void {
    if (this.#hasSaidTooMany) return;
    this.#hasSaidTooMany = true;
    this.#settings.logger.warn('Files beyond max_concurrent_files are left alone', { limit: this.#config.maxFiles });
  }

  async #readFile(path: string, from: number): Promise<number> {
    const { maxLineBytes } = this.#config;
    const tooLong = (): void => this.#passOver(path, `a line of more than ${maxLineBytes} bytes`);
    try {
      return await readLines(path, { from, maxLineBytes }, (line) => this.#take(path, line), tooLong);
    } catch (error) {
      this.#settings.logger.warn('A file could not be read', { path, error: messageOf(error) });
      return from;
    }
  }

  async #take(path: string, line: Uint8Array): Promise<LineOutcome> {
    if (this.#stop.signal.aborted) return 'stop';
    if (line.every((byte) => byte <= 0x20)) return 'next';
    const head = Buffer.from(line.buffer, 0, Math.min(line.length, ROOT_WITHIN_BYTES)).toString('latin1');
    const signal = ROOTS.find(([key]) => head.includes(`"${key}"`))?.[1];
    if (signal === undefined) {
      this.#passOver(path, 'a line that is no OTLP/JSON');
      return 'next';
    }
    const next = this.#next[signal];
    return next === undefined ? 'next' : this.#handOn(path, signal, line, next);
  }

  async #handOn(path: string, signal: Signal, line: Uint8Array, next: Consumer): Promise<LineOutcome> {
    const counters = this.#counters[signal];
    let batch: Batch;
    try {
      const { chunk, rejectedCount } = decodeOtlpJson(signal, line);
      if (rejectedCount > 0) counters.failed(rejectedCount, 'unreadable');
      batch = new Batch(signal, [chunk]);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#passOver(path, error.message);
      return 'next';
    }
    const count = batch.itemCount;
    if (count === 0) return 'next';
    try {
      await next.consume(batch, this.#stop.signal);
      counters.accepted(count);
      return 'next';
    } catch (error) {
      if (isPermanent(error)) {
        counters.lost(count, error);
        return 'next';
      }
      // The file keeps it: the next look tries again.
      counters.refused(count, error);
      return 'stop';
    }
  }

  #passOver(path: string, what: string): void {
    this.#unreadable.add(1);
    this.#settings.logger.debug('A line was passed over', { path, error: what });
  }
}
