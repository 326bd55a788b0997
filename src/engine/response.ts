/** Writes an answer as ClickHouse does: headers, compression, and an error that comes after the beginning was sent. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform, Writable } from 'node:stream';
import { createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { after, onAbort } from '#base';
import { createBlockEncoder } from './block-codec.ts';
import { type EngineError, engineError, httpStatusOf, printError } from './errors.ts';
import { createLz4Encoder } from './lz4-frame-stream.ts';
import { headerOf } from './request.ts';
import { StreamedResponse } from './streamed-response.ts';

/** What every answer tells about the engine. */
export interface EngineFacts {
  /** The data folder, which no answer names. */
  readonly dataPath: string;
  readonly version: string;
  readonly timezone: string;
  readonly displayName: string;
}

/**
 * Counts of the X-ClickHouse-Summary header. Those of the result and of what was written are exact, for a whole result in any format. What was read
 * is exact in formats with statistics (`statisticsOf`) and for INSERTs; else it is as it was when the running query was last looked at, 0
 * where it was too short for that: chDB does not tell it at the end.
 */
export interface Summary {
  readonly readRows?: number;
  readonly readBytes?: number;
  readonly writtenRows?: number;
  readonly writtenBytes?: number;
  readonly resultRows?: number;
  readonly resultBytes?: number;
}

/** How far a query has come: the fields of X-ClickHouse-Progress. */
export interface Progress {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly totalRowsToRead: number;
  readonly elapsedNs: number;
  readonly memoryBytes: number;
}

type Encoding = 'zstd' | 'lz4' | 'gzip' | 'deflate';

/** What the client takes beside plain bytes. */
export interface Compression {
  /** What Accept-Encoding names (`enable_http_compression`). */
  readonly http: boolean;
  /** ClickHouse's own blocks (`compress`), below an encoding of HTTP where both are asked for. */
  readonly blocks: boolean;
}

/** How long a client may take no data before its query is given up. ClickHouse's http_send_timeout is as long. */
const SEND_TIMEOUT_MS = 30_000;

export class Answer {
  readonly #response: ServerResponse;
  readonly #facts: EngineFacts;
  readonly #startedNs = process.hrtime.bigint();
  readonly #encoding: Encoding | undefined;
  readonly #inBlocks: boolean;
  readonly #exceptionTag = randomTag();
  readonly #signal: AbortSignal;
  /** What the result is written to where it is compressed, and what leads from there to the response. */
  #compressors: readonly Transform[] = [];
  /** Where the head is already under way. */
  #streamed: StreamedResponse | undefined;
  #hasStarted = false;
  #progress: Progress | undefined;
  readonly #canStream: boolean;

  /** `signal` aborts when the client is gone. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    facts: EngineFacts,
    compression: Compression,
    signal: AbortSignal,
  ) {
    this.#response = response;
    this.#canStream = request.httpVersion === '1.1';
    this.#signal = signal;
    this.#facts = facts;
    this.#inBlocks = compression.blocks;
    this.#encoding = compression.http ? chooseEncoding(headerOf(request, 'accept-encoding')) : undefined;
  }

  get started(): boolean {
    return this.#hasStarted;
  }

  /** Sets the headers that all answers to queries have. */
  describe(queryId: string, format: string | undefined, contentType: string): void {
    const response = this.#response;
    // Line breaks and the like can't stand in a header, and Node.js throws on them.
    response.setHeader('X-ClickHouse-Query-Id', queryId.replaceAll(/[^\x20-\x7e]/g, '?'));
    if (format !== undefined) response.setHeader('X-ClickHouse-Format', format);
    response.setHeader('X-ClickHouse-Timezone', this.#facts.timezone);
    response.setHeader('X-ClickHouse-Server-Display-Name', this.#facts.displayName);
    response.setHeader('X-ClickHouse-Exception-Tag', this.#exceptionTag);
    response.setHeader('X-Signalbox-Engine', processFacts());
    response.setHeader('Content-Type', contentType);
  }

  /** Notes how far the query has come and, with `send`, says so in a line of the head. For the time before the result. */
  report(progress: Progress, send: boolean): void {
    this.#progress = progress;
    const { socket } = this.#response;
    if (!send || !this.#canStream || this.#hasStarted || this.#response.destroyed || socket === null) return;
    this.#streamed ??= new StreamedResponse(this.#response, socket);
    const fields = {
      read_rows: String(progress.readRows),
      read_bytes: String(progress.readBytes),
      written_rows: String(progress.writtenRows),
      written_bytes: String(progress.writtenBytes),
      total_rows_to_read: String(progress.totalRowsToRead),
      elapsed_ns: String(progress.elapsedNs),
      memory_usage: String(progress.memoryBytes),
    };
    this.#streamed.addLine('X-ClickHouse-Progress', JSON.stringify(fields));
  }

  /** What the result is written to, compressed or not. */
  get #sink(): Writable {
    return this.#streamed ?? this.#response;
  }

  #summarize(summary: Summary): void {
    const count = (value: number | undefined): string => String(value ?? 0);
    const fields = {
      // What chDB does not tell at the end is as it was when it was last looked at.
      read_rows: count(summary.readRows ?? this.#progress?.readRows),
      read_bytes: count(summary.readBytes ?? this.#progress?.readBytes),
      written_rows: count(summary.writtenRows),
      written_bytes: count(summary.writtenBytes),
      total_rows_to_read: count(this.#progress?.totalRowsToRead),
      result_rows: count(summary.resultRows),
      result_bytes: count(summary.resultBytes),
      elapsed_ns: String(process.hrtime.bigint() - this.#startedNs),
    };
    this.#response.setHeader('X-ClickHouse-Summary', JSON.stringify(fields));
  }

  /** Sends a whole result. */
  async send(body: Uint8Array, summary: Summary): Promise<void> {
    this.#summarize(summary);
    if (this.#streamed === undefined && ((this.#encoding === undefined && !this.#inBlocks) || body.length === 0)) {
      this.#hasStarted = true;
      this.#response.setHeader('Content-Length', body.length);
      this.#response.end(body);
      return;
    }
    this.start(summary);
    await this.write(body);
    await this.end();
  }

  /** Sends the headers of a result that goes on. */
  start(summary: Summary): void {
    this.#summarize(summary);
    if (this.#encoding !== undefined) {
      this.#response.setHeader('Content-Encoding', this.#encoding);
      this.#response.setHeader('Vary', 'Accept-Encoding');
    }
    this.#compressors = [
      ...(this.#inBlocks ? [createBlockEncoder()] : []),
      ...(this.#encoding === undefined ? [] : [createCompressor(this.#encoding)]),
    ];
    for (const [i, compressor] of this.#compressors.entries()) compressor.pipe(this.#compressors[i + 1] ?? this.#sink);
    this.#hasStarted = true;
    if (this.#streamed === undefined) this.#response.writeHead(200);
    else this.#streamed.beginBody();
  }

  /** Resolves when more can be taken. Throws EngineError when the client takes nothing for `SEND_TIMEOUT_MS`. */
  async write(chunk: Uint8Array): Promise<void> {
    const target = this.#compressors[0] ?? this.#sink;
    if (!target.write(chunk)) await this.#drained(target);
  }

  /** A long answer waits for each of its pieces: signals made of others were a tenth of what it took. */
  async #drained(target: Writable): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = after(SEND_TIMEOUT_MS, () => reject(new Error('the client is slow')));
    const endWatch = onAbort(this.#signal, () => reject(this.#signal.reason));
    target.once('drain', resolve).once('error', reject);
    try {
      await promise;
    } catch (error) {
      throw engineError('NETWORK_ERROR', `the client took no data for ${SEND_TIMEOUT_MS} ms`, error);
    } finally {
      timer.cancel();
      endWatch();
      target.off('drain', resolve).off('error', reject);
    }
  }

  async end(): Promise<void> {
    const target = this.#compressors[0] ?? this.#sink;
    await new Promise<void>((resolve) => {
      this.#sink.once('close', resolve);
      this.#sink.once('finish', resolve);
      target.end();
    });
  }

  /** An error: as an answer of its own where nothing was sent, else at the end of what was sent, and the connection broken. */
  async fail(error: EngineError): Promise<void> {
    const response = this.#response;
    if (response.destroyed) return;
    const text = printError(error, this.#facts.version).replaceAll(this.#facts.dataPath, '[data folder]');
    if (!this.started) {
      for (const name of ['X-ClickHouse-Format', 'Content-Encoding']) response.removeHeader(name);
      response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
      response.setHeader('X-ClickHouse-Exception-Code', error.code);
      response.setHeader('X-ClickHouse-Server-Display-Name', this.#facts.displayName);
      this.#summarize({});
      this.#hasStarted = true;
      if (this.#streamed !== undefined) {
        // The status line is on its way: the headers tell.
        this.#streamed.beginBody();
        this.#streamed.end(text);
        return;
      }
      response.statusCode = httpStatusOf(error.code);
      response.setHeader('Content-Length', Buffer.byteLength(text));
      response.end(text);
      return;
    }
    await this.#failLate(text);
  }

  /** ClickHouse's exception block since 25.11; the body is left without its end, so that no client takes it for whole. */
  async #failLate(text: string): Promise<void> {
    const tag = this.#exceptionTag;
    const block = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
    const response = this.#response;
    let last: Uint8Array = Buffer.from(block);
    const [first] = this.#compressors;
    const compressor = this.#compressors.at(-1);
    if (first !== undefined && compressor !== undefined) {
      compressor.unpipe(this.#sink);
      first.end(block);
      const chunks: Buffer[] = [];
      for await (const chunk of compressor) chunks.push(chunk as Buffer);
      last = Buffer.concat(chunks);
    }
    if (this.#streamed !== undefined) return this.#streamed.breakOff(last);
    await new Promise<void>((resolve) => {
      response.once('close', resolve);
      response.write(last, () => resolve());
    });
    response.socket?.destroySoon();
  }
}

function randomTag(): string {
  return Array.from(randomBytes(16), (byte) => String.fromCharCode(97 + (byte % 26))).join('');
}

/** The encoding that costs least among those that the client takes. */
function chooseEncoding(accepted: string): Encoding | undefined {
  const names = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
      .map((part) => part.split(';')[0]!.trim()),
  );
  return (['zstd', 'lz4', 'gzip', 'deflate'] as const).find((name) => names.has(name));
}

function createCompressor(encoding: Encoding): Transform {
  if (encoding === 'zstd') return createZstdCompress();
  if (encoding === 'lz4') return createLz4Encoder();
  // Level 3 is ClickHouse's http_zlib_compression_level.
  return encoding === 'gzip' ? createGzip({ level: 3 }) : createDeflate({ level: 3 });
}

/** Of this process, because ClickHouse's own numbers count only the memory that it asked for itself, and chDB has none of the CPU. */
function processFacts(): string {
  const { user, system } = process.cpuUsage();
  const facts = [`cpu_ms=${Math.round((user + system) / 1000)}`, `uptime_ms=${Math.round(process.uptime() * 1000)}`];
  try {
    facts.push(`rss_bytes=${process.memoryUsage.rss()}`);
  } catch {
    // Reading it takes a file descriptor, and there may be none.
  }
  return facts.join(' ');
}
