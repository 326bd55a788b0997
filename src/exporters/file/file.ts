import { mkdir } from 'node:fs/promises';
import { dirname, normalize } from 'node:path';
import { ConsumeError, messageOf, StartError } from '#base';
import type { CreateSettings, Encoding, Exporter, Host } from '#component';
import { deflate } from '#net';
import { type AttributeKey, attributeKey, type Batch } from '#pdata';
import { encodeOtlp, encodeOtlpJson } from '#wire';
import { directoryMode, type FileExporterConfig } from './config.ts';
import { RotatingFile } from './rotating-file.ts';

const NEWLINE = Buffer.from('\n');
/** Longer values, and those that no file system takes, are no part of a path. */
const SEGMENT_LENGTH_MAX = 200;

/** Writes batches into a file, or into one for each value of an attribute. */
export class FileExporter implements Exporter {
  readonly mutatesData = false;
  readonly #settings: CreateSettings;
  readonly #config: FileExporterConfig;
  readonly #attribute: AttributeKey;
  /** By path; the one that was used last is at the end. */
  readonly #files = new Map<string, Promise<RotatingFile>>();
  /** Batches that are being written. */
  readonly #underWay = new Set<Promise<void>>();
  #isStopped = false;
  #encoding: Encoding | undefined;

  constructor(settings: CreateSettings, config: FileExporterConfig) {
    this.#settings = settings;
    this.#config = config;
    this.#attribute = attributeKey(config.groupBy.attribute);
  }

  async start(host: Host): Promise<void> {
    const { encoding, path, createsDirectory, groupBy } = this.#config;
    if (encoding !== '') this.#encoding = host.extension(encoding, 'encoding');
    try {
      const folder = dirname(groupBy.enabled ? `${path.split('*')[0]}x` : path);
      if (createsDirectory) await mkdir(folder, { recursive: true, mode: directoryMode(this.#config) });
      if (!groupBy.enabled) await this.#fileAt(path);
    } catch (error) {
      const wayOut = createsDirectory ? undefined : 'make its folder, or set create_directory: true';
      const message = `exporters::${this.#settings.id}::path: can't write "${path}": ${messageOf(error)}`;
      throw new StartError(message, wayOut, { cause: error });
    }
  }

  /** Waits for what is being written: a file that was closed under it would be opened again, and without `append` emptied. */
  async shutdown(_deadlineMs: number): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#underWay);
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map(async (file) => (await file).close().catch(() => undefined)));
  }

  async consume(batch: Batch): Promise<void> {
    if (this.#isStopped) throw new ConsumeError('the exporter is not running', { reason: 'shutdown' });
    const written = this.#consume(batch);
    this.#underWay.add(written);
    try {
      await written;
    } finally {
      this.#underWay.delete(written);
    }
  }

  async #consume(batch: Batch): Promise<void> {
    if (!this.#config.groupBy.enabled) {
      await this.#write(this.#config.path, batch);
      return;
    }
    const { groups, without } = this.#groupsOf(batch);
    for (const [segment, group] of groups) await this.#write(this.#pathOf(segment), group);
    this.#settings.account.lost(batch.signal, without, 'unwanted');
  }

  async #write(path: string, batch: Batch): Promise<void> {
    const piece = await this.#encode(batch);
    try {
      const file = await this.#fileAt(path);
      await file.write(piece);
    } catch (error) {
      const message = `can't write "${path}": ${messageOf(error)}`;
      throw new ConsumeError(message, { cause: error, reason: 'spool_write_failed' });
    }
  }

  async #encode(batch: Batch): Promise<Uint8Array> {
    const { format, isCompressed, compressionLevel } = this.#config;
    const isJson = this.#encoding === undefined && format === 'json';
    let bytes: Uint8Array = this.#encoding?.encode(batch) ?? (isJson ? encodeOtlpJson(batch) : encodeOtlp(batch));
    if (isCompressed) bytes = await deflate('zstd', bytes, compressionLevel);
    if (!isCompressed && (isJson || this.#encoding !== undefined) && format === 'json')
      return Buffer.concat([bytes, NEWLINE]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  }

  #groupsOf(batch: Batch): { readonly groups: ReadonlyMap<string, Batch>; readonly without: number } {
    const parts = new Map<string, Batch['chunks'][number][]>();
    let without = 0;
    for (const chunk of batch.chunks) {
      const rows = new Map<string, number[]>();
      for (let index = 0; index < chunk.count; index++) {
        const row = chunk.rowAt(index);
        const segment = chunk.resourceAttributes.of(chunk.resourceOf(row)).getText(this.#attribute);
        if (segment === undefined || segment.length > SEGMENT_LENGTH_MAX || segment.includes('\0')) without++;
        else if (rows.has(segment)) rows.get(segment)!.push(row);
        else rows.set(segment, [row]);
      }
      for (const [segment, list] of rows) {
        const part = chunk.select(Uint32Array.from(list));
        if (parts.has(segment)) parts.get(segment)!.push(part);
        else parts.set(segment, [part]);
      }
    }
    return { groups: new Map([...parts].map(([segment, chunks]) => [segment, batch.with(chunks)])), without };
  }

  /** Never outside of what stands before the `*`, whatever the attribute says. */
  #pathOf(segment: string): string {
    const [prefix = '', suffix = ''] = this.#config.path.split('*');
    const begin = normalize(prefix);
    const path = normalize(prefix + segment + suffix);
    return path.startsWith(begin) ? path : begin + normalize(`/${segment}${suffix}`).slice(begin.endsWith('/') ? 1 : 0);
  }

  #fileAt(path: string): Promise<RotatingFile> {
    const { groupBy } = this.#config;
    let file = this.#files.get(path);
    // To the end: it was used last.
    this.#files.delete(path);
    file ??= this.#open(path);
    this.#files.set(path, file);
    if (this.#files.size > groupBy.maxOpenFiles) this.#closeOldest();
    return file;
  }

  async #open(path: string): Promise<RotatingFile> {
    const { appends, rotation, groupBy } = this.#config;
    try {
      if (groupBy.enabled) await mkdir(dirname(path), { recursive: true, mode: directoryMode(this.#config) });
      // One that was closed because others were needed goes on where it was.
      const isAgain = groupBy.enabled;
      const nowMs = (): number => this.#settings.clock.nowMs();
      return await RotatingFile.open({ path, appends: appends || isAgain, rotation, nowMs });
    } catch (error) {
      this.#files.delete(path);
      throw error;
    }
  }

  #closeOldest(): void {
    const [oldest] = this.#files;
    if (oldest === undefined) return;
    const [path, file] = oldest;
    this.#files.delete(path);
    void file.then((opened) => opened.close()).catch(() => undefined);
  }
}
