import type { Duplex } from 'node:stream';
import { after, type Timer } from '#base';
import { Http2Connection, type Windows } from './connection.ts';
import type { HeaderList, HeaderListKind, Http2Headers } from './header-list.ts';
import { HTTP2_ERROR, Http2Error, PREFACE } from './protocol.ts';
import { readSocket } from './read-socket.ts';
import type { Http2Stream } from './stream.ts';

export interface ServerConnectionSettings {
  readonly windows: Windows;
  /** At a time. */
  readonly maxConcurrentStreams: number;
  /** The socket was accepted just now, and nobody has read from it. */
  readonly isFresh: boolean;
  /** A request: the receiver of its stream is to be set now. */
  onStream(stream: Http2Stream, headers: Http2Headers): void;
  /** The connection is over before it began: its first bytes are not HTTP/2's. */
  onForeign(first: Uint8Array): void;
  /** Called once, when the connection is over; with an error where the peer or the network ended it. */
  onEnded(error: Error | undefined): void;
}

/** Until the preface is there. */
const SILENT_MS = 60_000;
/** Streams beyond what we said, in a row: a client that hasn't read our settings yet opens some. */
const REFUSED_LIMIT = 100;
const NOTHING = new Uint8Array(0);

/** The server's side of an HTTP/2 connection (RFC 9113). */
export class Http2ServerConnection extends Http2Connection {
  readonly #settings: ServerConnectionSettings;
  readonly #silent: Timer;
  #prefaceLength = 0;
  #lastStream = 0;
  #refusedCount = 0;

  constructor(socket: Duplex, settings: ServerConnectionSettings) {
    super(socket, settings.windows);
    this.#settings = settings;
    this.#silent = after(SILENT_MS, () => this.destroy());
    readSocket(socket, settings.isFresh, (bytes) => this.#take(bytes));
  }

  protected override get lastPeerStream(): number {
    return this.#lastStream;
  }

  protected override wasOpened(id: number): boolean {
    return id % 2 === 1 && id <= this.#lastStream;
  }

  protected override kindOf(id: number): HeaderListKind {
    return this.streams.has(id) ? 'trailers' : 'request';
  }

  /** As many as the client likes, and it may not read them. */
  override sendHeaders(stream: Http2Stream, block: Uint8Array, isLast: boolean): void {
    this.out.countFree(block.length);
    super.sendHeaders(stream, block, isLast);
  }

  #take(bytes: Uint8Array): void {
    if (this.#prefaceLength === PREFACE.length) {
      this.read(bytes);
      return;
    }
    const count = Math.min(bytes.length, PREFACE.length - this.#prefaceLength);
    const first = bytes.subarray(0, count);
    if (!PREFACE.subarray(this.#prefaceLength, this.#prefaceLength + count).equals(first)) {
      if (!this.isOver) this.#settings.onForeign(bytes);
      this.destroy();
      return;
    }
    this.#prefaceLength += count;
    if (this.#prefaceLength < PREFACE.length || this.isOver) return;
    this.#silent.cancel();
    this.begin(NOTHING, this.#settings.maxConcurrentStreams);
    if (count < bytes.length) this.read(bytes.subarray(count));
  }

  protected override headersCame(id: number, list: HeaderList, isLast: boolean): void {
    const stream = this.streams.get(id);
    if (stream !== undefined) this.#trailersCame(stream, list, isLast);
    else if (id % 2 === 0) throw new Http2Error(HTTP2_ERROR.protocol, `a request on the stream ${id}`);
    else if (id <= this.#lastStream) this.expectCalm('headers of streams that are over');
    else this.#requestCame(id, list, isLast);
  }

  #trailersCame(stream: Http2Stream, list: HeaderList, isLast: boolean): void {
    if (stream.isRemoteEnded) throw new Http2Error(HTTP2_ERROR.streamClosed, 'headers behind the end');
    if (isLast && list.fault === undefined) this.endRemote(stream);
    else this.resetBroken(stream);
  }

  #requestCame(id: number, list: HeaderList, isLast: boolean): void {
    this.#lastStream = id;
    const refusal = this.#refusalOf(list);
    if (refusal !== undefined) {
      this.rejectStream(id, refusal);
      return;
    }
    const stream = this.newStream(id);
    stream.hasHeaders = true;
    stream.headerBytes = list.bytes;
    const length = list.headers['content-length'];
    if (length !== undefined) stream.expectedBytes = Number(length);
    this.#settings.onStream(stream, list.headers);
    if (isLast && !stream.isClosed) this.endRemote(stream);
  }

  /** Why a request gets no stream, of HTTP2_ERROR. */
  #refusalOf(list: HeaderList): number | undefined {
    if (this.isClosing) return HTTP2_ERROR.refusedStream;
    if (this.streams.size >= this.#settings.maxConcurrentStreams) {
      if (++this.#refusedCount > REFUSED_LIMIT) throw new Http2Error(HTTP2_ERROR.enhanceYourCalm, 'too many streams');
      return HTTP2_ERROR.refusedStream;
    }
    this.#refusedCount = 0;
    if (list.isTooLong) {
      this.expectCalm('long headers');
      return HTTP2_ERROR.enhanceYourCalm;
    }
    if (list.fault === undefined) return undefined;
    this.expectCalm('malformed headers');
    return HTTP2_ERROR.protocol;
  }

  /** A stream that is given up before it is answered has cost us more than its client. */
  protected override resetCame(stream: Http2Stream): void {
    if (!stream.isLocalEnded) this.expectCalm('resets');
  }

  protected override settingsCame(): void {}
  protected override goAwayCame(): void {}
  protected override streamEnded(): void {}

  protected override connectionEnded(error: Error | undefined): void {
    this.#silent.cancel();
    this.#settings.onEnded(error);
  }
}
