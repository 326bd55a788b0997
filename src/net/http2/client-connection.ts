import type { Duplex } from 'node:stream';
import { Http2Connection } from './connection.ts';
import type { HeaderList, HeaderListKind } from './header-list.ts';
import { DEFAULT_WINDOW_BYTES, HTTP2_ERROR, Http2Error, LARGEST_STREAM_ID, PREFACE } from './protocol.ts';
import type { Http2Stream } from './stream.ts';

export interface ClientConnectionSettings {
  /** The peer has sent its settings: it speaks HTTP/2. */
  onReady(): void;
  /** No more requests: the peer goes away, or all numbers of streams are used up. What is open goes on. */
  onLeaving(): void;
  /** Called once, when the connection is over; with an error where the peer or the network ended it. */
  onEnded(error: Error | undefined): void;
}

/** Answers are small, and there is no need for larger ones. */
const WINDOWS = { streamBytes: DEFAULT_WINDOW_BYTES, connectionBytes: 1024 * 1024 };

/** The client's side of an HTTP/2 connection (RFC 9113). */
export class Http2ClientConnection extends Http2Connection {
  readonly #settings: ClientConnectionSettings;
  #nextStream = 1;
  /** The headers of requests beyond what the peer takes at a time. */
  readonly #waiting = new Map<Http2Stream, Uint8Array>();

  constructor(socket: Duplex, settings: ClientConnectionSettings) {
    super(socket, WINDOWS);
    this.#settings = settings;
    this.begin(PREFACE);
    socket.on('data', (bytes: Buffer) => this.read(bytes));
  }

  /** A new stream for a request with these headers. It waits where the peer takes no more at a time. */
  request(headers: Uint8Array): Http2Stream {
    const stream = this.newStream(0);
    if (this.isClosing) stream.close(HTTP2_ERROR.refusedStream);
    else {
      this.#waiting.set(stream, headers);
      this.#openWaiting();
    }
    return stream;
  }

  #openWaiting(): void {
    for (const [stream, headers] of this.#waiting) {
      if (this.streams.size >= this.peer.maxConcurrentStreams || this.isClosing) return;
      this.#waiting.delete(stream);
      this.opened(stream, this.#nextStream);
      this.#nextStream += 2;
      this.sendHeaders(stream, headers, false);
      if (stream.canSend) this.wantsToSend(stream);
      if (this.#nextStream > LARGEST_STREAM_ID) this.#leave();
    }
  }

  #leave(): void {
    this.markClosing();
    this.#refuseWaiting();
    this.#settings.onLeaving();
    this.isEndOf();
  }

  /** They were never sent. */
  #refuseWaiting(): void {
    for (const stream of this.#waiting.keys()) stream.close(HTTP2_ERROR.refusedStream);
  }

  override forget(stream: Http2Stream): void {
    this.#waiting.delete(stream);
    super.forget(stream);
  }

  protected override get lastPeerStream(): number {
    return 0;
  }

  protected override wasOpened(id: number): boolean {
    return id % 2 === 1 && id < this.#nextStream;
  }

  protected override kindOf(id: number): HeaderListKind {
    return this.streams.get(id)?.hasHeaders === true ? 'trailers' : 'response';
  }

  protected override headersCame(id: number, list: HeaderList, isLast: boolean): void {
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (!this.wasOpened(id)) throw new Http2Error(HTTP2_ERROR.protocol, `an answer on the stream ${id}`);
      return;
    }
    if (stream.isRemoteEnded) throw new Http2Error(HTTP2_ERROR.streamClosed, 'headers behind the end');
    const isTrailers = stream.hasHeaders;
    if (list.fault !== undefined || list.isTooLong || (isTrailers && !isLast)) {
      this.resetBroken(stream);
      return;
    }
    const isInformational = !isTrailers && !isLast && list.headers[':status']!.startsWith('1');
    if (isInformational) return;
    stream.hasHeaders = true;
    stream.receiver.headers(list.headers);
    if (isLast && !stream.isClosed) this.endRemote(stream);
  }

  protected override resetCame(): void {}

  protected override settingsCame(isFirst: boolean): void {
    if (isFirst) this.#settings.onReady();
    this.#openWaiting();
  }

  /** Those behind `lastStream` were not looked at. */
  protected override goAwayCame(lastStream: number): void {
    this.markClosing();
    for (const stream of this.streams.values()) if (stream.id > lastStream) stream.close(HTTP2_ERROR.refusedStream);
    this.#leave();
  }

  protected override streamEnded(): void {
    this.#openWaiting();
  }

  protected override connectionEnded(error: Error | undefined): void {
    this.#refuseWaiting();
    this.#settings.onEnded(error);
  }
}
