import type { Duplex } from 'node:stream';
import { after, type Timer } from '#base';
import { FloodGuard } from './flood-guard.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { HeaderBlocks } from './header-blocks.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { NO_TABLE } from './header-encoder.ts';
import { HEADER_LIST_LIMIT_BYTES, HeaderList, type HeaderListKind } from './header-list.ts';
import {
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FRAME_LIMIT_BYTES,
  frameOf,
  HTTP2_ERROR,
  Http2Error,
  LARGEST_WINDOW_BYTES,
  readUint32,
} from './protocol.ts';
import { ReceiveWindow } from './receive-window.ts';
import { PeerSettings, SETTINGS_ACK, settingsFrame } from './settings.ts';
import { Http2Stream, type StreamHost } from './stream.ts';

/** What may come before we say more: larger than HTTP/2's 64 KiB, so that big messages don't stop at each window. */
export interface Windows {
  readonly streamBytes: number;
  readonly connectionBytes: number;
}

/** Frames of one stream that go out before another one's turn comes. */
const FRAMES_PER_TURN = 4;
/**
 * With so much unsent that isn't content, which waits for the peer anyway, nothing more is read: it sends pings, say, and doesn't take our
 * answers. It has a while for it. What comes at once may ask for more than that, but not for very much.
 */
const UNREAD_LIMIT_BYTES = 64 * 1024;
const UNREAD_LIMIT_MS = 30_000;
const UNREAD_CALM_BYTES = 256 * 1024;
const PING_BYTES = 8;
/** How long headers may take from their first frame to their last; no stream of theirs is there yet whose time would end. */
const OPEN_BLOCK_MS = 30_000;
/** How long the peer may take for reading the last that it is told. */
const LINGER_MS = 2000;

/** What both sides of an HTTP/2 connection do. Timeouts, and who may connect, are the affair of those who have it. */
export abstract class Http2Connection implements StreamHost, FrameSink {
  readonly socket: Duplex;
  protected readonly streams: Map<number, Http2Stream> = new Map();
  protected readonly peer: PeerSettings = new PeerSettings();
  protected readonly guard: FloodGuard = new FloodGuard();
  protected readonly out: FrameWriter;
  protected hasPeerSettings = false;
  readonly #windows: Windows;
  readonly #reader: FrameReader;
  readonly #blocks = new HeaderBlocks();
  readonly #decoder = new HeaderDecoder();
  readonly #window: ReceiveWindow;
  #sendWindowBytes = DEFAULT_WINDOW_BYTES;
  /** Streams that could send if the connection's window and the socket let them. */
  readonly #ready = new Set<Http2Stream>();
  readonly #pings = new Map<number, () => void>();
  #pingCount = 0;
  #dataStream: Http2Stream | undefined;
  #dataLength = 0;
  #hasSentHeaders = false;
  /** Runs while nothing is read, as the peer doesn't read either. */
  #unread: Timer | undefined;
  #isClosing = false;
  /** Nothing more is read or sent; the socket may still have to hand over what was. */
  #isOver = false;
  #linger: Timer | undefined;
  /** Runs while a block of headers isn't complete. */
  #openBlock: Timer | undefined;
  #error: Error | undefined;

  protected constructor(socket: Duplex, windows: Windows) {
    this.socket = socket;
    this.out = new FrameWriter(socket);
    this.#windows = windows;
    this.#window = new ReceiveWindow(windows.connectionBytes);
    this.#reader = new FrameReader(this);
    socket.on('error', (error) => {
      this.#error ??= error;
      this.destroy();
    });
    socket.on('end', () => this.destroy());
    socket.once('close', () => this.#closed());
    socket.on('drain', () => this.#drained());
  }

  /** The number of the last stream that the peer has opened. */
  protected abstract get lastPeerStream(): number;
  /** Whether a stream with this number was opened once. */
  protected abstract wasOpened(id: number): boolean;
  /** Of which kind the headers that begin on this stream are. */
  protected abstract kindOf(id: number): HeaderListKind;
  protected abstract headersCame(id: number, list: HeaderList, isLast: boolean): void;
  protected abstract resetCame(stream: Http2Stream): void;
  protected abstract settingsCame(isFirst: boolean): void;
  protected abstract goAwayCame(lastStream: number): void;
  protected abstract streamEnded(): void;
  protected abstract connectionEnded(error: Error | undefined): void;

  /** No more streams are taken or opened. */
  get isClosing(): boolean {
    return this.#isClosing;
  }
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Says what we take, behind `preface`. */
  protected begin(preface: Uint8Array, maxConcurrentStreams?: number): void {
    this.out.frame(preface);
    this.out.frame(
      settingsFrame({
        streamWindowBytes: this.#windows.streamBytes,
        maxHeaderListBytes: HEADER_LIST_LIMIT_BYTES,
        ...(maxConcurrentStreams !== undefined && { maxConcurrentStreams }),
      }),
    );
    const grown = this.#windows.connectionBytes - DEFAULT_WINDOW_BYTES;
    if (grown > 0) this.#sendNumber(FRAME.windowUpdate, 0, grown);
  }

  protected newStream(id: number): Http2Stream {
    const stream = new Http2Stream(this, this.#windows.streamBytes);
    if (id !== 0) this.opened(stream, id);
    return stream;
  }

  protected opened(stream: Http2Stream, id: number): void {
    stream.id = id;
    stream.sendWindowBytes = this.peer.initialWindowBytes;
    this.streams.set(id, stream);
  }

  /** Takes bytes that the socket has read. They are not kept. */
  protected read(bytes: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#fail(error);
    }
    this.#pump();
    if (this.out.freeBytes > UNREAD_LIMIT_BYTES && this.socket.writableNeedDrain && !this.#isOver) this.#pause();
  }

  #pause(): void {
    if (this.#unread !== undefined) return;
    this.#unread = after(UNREAD_LIMIT_MS, () => this.destroy(new Error('the peer reads nothing')));
    this.socket.pause();
  }

  #resume(): void {
    if (this.#unread === undefined) return;
    this.#unread.cancel();
    this.#unread = undefined;
    this.socket.resume();
  }

  /** Asks the peer for a sign of life; `onAnswer` is called when it comes. */
  ping(onAnswer: () => void): void {
    const payload = Buffer.alloc(PING_BYTES);
    payload.writeUInt32BE(++this.#pingCount);
    this.#pings.set(this.#pingCount, onAnswer);
    this.out.frame(frameOf(FRAME.ping, 0, 0, payload));
  }

  /** Tells the peer which of its streams was the last, and takes no more. */
  goAway(code: number = HTTP2_ERROR.none, message = ''): void {
    if (this.#isClosing || this.#isOver) return;
    this.#isClosing = true;
    const payload = Buffer.alloc(8 + message.length);
    payload.writeUInt32BE(this.lastPeerStream);
    payload.writeUInt32BE(code, 4);
    payload.write(message, 8, 'latin1');
    this.out.frame(frameOf(FRAME.goAway, 0, 0, payload));
  }

  /** Lets what is open end, and nothing more begin. */
  close(): void {
    this.goAway();
    this.isEndOf();
  }

  /** Ends the connection at once, and all that is open on it. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.socket.destroy();
    this.#closed();
  }

  protected markClosing(): void {
    this.#isClosing = true;
  }

  /** Ends the connection once nothing is open on it, where it is to end. */
  protected isEndOf(): void {
    if (!this.#isClosing || this.streams.size > 0 || this.#isOver) return;
    this.#end();
  }

  /**
   * What still comes is read and thrown away until the peer closes, too: a socket that is closed with something unread takes back what the
   * peer hasn't read yet, the GOAWAY and the last answers with it.
   */
  #end(): void {
    this.out.flush();
    this.#linger = after(LINGER_MS, () => this.socket.destroy());
    this.#over();
    this.#resume();
    this.socket.end();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isClosing = true;
    this.#openBlock?.cancel();
    for (const stream of this.streams.values()) stream.close(undefined, this.#error);
    this.#pings.clear();
    this.connectionEnded(this.#error);
  }

  #closed(): void {
    this.#unread?.cancel();
    this.#linger?.cancel();
    this.#over();
  }

  #fail(error: unknown): void {
    const { code, message } =
      error instanceof Http2Error ? error : new Http2Error(HTTP2_ERROR.internal, 'an error of our own');
    this.#error ??= error as Error;
    this.#isClosing = false;
    this.goAway(code, message);
    this.#end();
  }

  #drained(): void {
    if (this.#isOver) return;
    this.#resume();
    this.#pump();
  }

  // What streams ask for.

  wantsToSend(stream: Http2Stream): void {
    this.#ready.add(stream);
    this.#pump();
  }

  sendHeaders({ id }: Http2Stream, block: Uint8Array, isLast: boolean): void {
    const whole = this.#hasSentHeaders ? block : Buffer.concat([Buffer.of(NO_TABLE), block]);
    this.#hasSentHeaders = true;
    for (let at = 0; at === 0 || at < whole.length; at += FRAME_LIMIT_BYTES) {
      const to = Math.min(whole.length, at + FRAME_LIMIT_BYTES);
      const end = to === whole.length ? FLAG.endHeaders : 0;
      if (at === 0) this.out.head(to, FRAME.headers, end | (isLast ? FLAG.endStream : 0), id);
      else this.out.head(to - at, FRAME.continuation, end, id);
      this.out.content(whole, at, to);
    }
    this.out.schedule();
  }

  sendReset({ id }: Http2Stream, code: number): void {
    this.rejectStream(id, code);
  }

  protected rejectStream(id: number, code: number): void {
    this.#sendNumber(FRAME.resetStream, id, code);
  }

  growWindow({ id }: Http2Stream, bytes: number): void {
    this.#sendNumber(FRAME.windowUpdate, id, bytes);
  }

  forget(stream: Http2Stream): void {
    this.#ready.delete(stream);
    if (this.#dataStream === stream) this.#dataStream = undefined;
    if (!this.streams.delete(stream.id)) return;
    this.streamEnded();
    // Not within the stream's own call: who has it hears of its end first.
    if (this.#isClosing && this.streams.size === 0) process.nextTick(() => this.isEndOf());
  }

  #sendNumber(type: number, stream: number, value: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(value);
    this.out.frame(frameOf(type, 0, stream, payload));
  }

  /** Sends what the windows and the socket take, a few frames of each stream in turn. */
  #pump(): void {
    if (this.#ready.size === 0 || this.#isOver) return;
    for (const stream of this.#ready) {
      if (this.out.isFull) break;
      if (this.#sendWindowBytes === 0 && stream.queuedBytes > 0) continue;
      this.#ready.delete(stream);
      for (let i = 0; i < FRAMES_PER_TURN && stream.canSend; i++) {
        if (this.#sendWindowBytes === 0 && stream.queuedBytes > 0) break;
        this.#sendWindowBytes -= stream.sendFrame(this.out, this.#sendWindowBytes);
      }
      // Behind the others: the loop comes to it again.
      if (stream.canSend) this.#ready.add(stream);
    }
    this.out.schedule();
  }

  // What the reader finds.

  dataBegins(id: number, length: number): void {
    this.#expectFrame();
    if (!this.#window.take(length)) throw new Http2Error(HTTP2_ERROR.flowControl, 'more than the window takes');
    this.#dataLength = length;
    const stream = this.streams.get(id);
    this.#dataStream = stream;
    if (stream === undefined) {
      if (!this.wasOpened(id)) throw new Http2Error(HTTP2_ERROR.protocol, `content on the stream ${id}`);
      return;
    }
    if (stream.isRemoteEnded) throw new Http2Error(HTTP2_ERROR.streamClosed, 'content behind the end');
    if (!stream.hasHeaders) throw new Http2Error(HTTP2_ERROR.protocol, 'content before the headers');
    if (!stream.takeWindow(length)) throw new Http2Error(HTTP2_ERROR.flowControl, 'more than the window takes');
  }

  data(_id: number, bytes: Uint8Array, from: number, to: number): void {
    this.#dataStream?.received(bytes.subarray(from, to));
  }

  dataEnds(_id: number, flags: number): void {
    const grown = this.#window.giveBack(this.#dataLength);
    if (grown > 0) this.#sendNumber(FRAME.windowUpdate, 0, grown);
    const isLast = (flags & FLAG.endStream) !== 0;
    if (this.#dataLength === 0 && !isLast) this.expectCalm('empty frames');
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    if (stream === undefined) return;
    stream.frameTaken(this.#dataLength);
    if (isLast) this.endRemote(stream);
  }

  protected endRemote(stream: Http2Stream): void {
    if (!stream.remoteEnded()) this.resetBroken(stream);
  }

  /** Has us reset it by what breaks the protocol: as cheap for the peer as a reset of its own. */
  protected resetBroken(stream: Http2Stream): void {
    this.expectCalm('streams that break the protocol');
    stream.reset(HTTP2_ERROR.protocol);
  }

  frame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.#blocks.openStream !== 0 && type !== FRAME.continuation) {
      throw new Http2Error(HTTP2_ERROR.protocol, 'another frame within headers');
    }
    if (!this.hasPeerSettings && type !== FRAME.settings) {
      throw new Http2Error(HTTP2_ERROR.protocol, 'another frame before the settings');
    }
    if (this.out.freeBytes > UNREAD_CALM_BYTES) {
      throw new Http2Error(HTTP2_ERROR.enhanceYourCalm, 'too much to answer that is not read');
    }
    switch (type) {
      case FRAME.headers:
        this.#blockPart(this.#blocks.headers(flags, stream, bytes, from, to), stream);
        break;
      case FRAME.continuation:
        this.expectCalm('continuations');
        this.#blockPart(this.#blocks.continuation(flags, stream, bytes, from, to), stream);
        break;
      case FRAME.resetStream:
        expectLength(to - from, 4);
        this.#reset(stream, readUint32(bytes, from));
        break;
      case FRAME.windowUpdate:
        expectLength(to - from, 4);
        this.#windowGrows(stream, readUint32(bytes, from) & LARGEST_WINDOW_BYTES);
        break;
      case FRAME.pushPromise:
        throw new Http2Error(HTTP2_ERROR.protocol, 'a push that nobody wants');
      case FRAME.settings:
      case FRAME.ping:
      case FRAME.goAway:
        if (stream !== 0) throw new Http2Error(HTTP2_ERROR.protocol, 'a frame of the connection on a stream');
        this.#connectionFrame(type, flags, bytes, from, to);
        break;
      case FRAME.priority:
        expectLength(to - from, 5);
        this.expectCalm('priorities');
        break;
      default:
        this.expectCalm('unknown frames');
    }
  }

  #expectFrame(): void {
    if (this.#blocks.openStream !== 0) throw new Http2Error(HTTP2_ERROR.protocol, 'another frame within headers');
    if (!this.hasPeerSettings) throw new Http2Error(HTTP2_ERROR.protocol, 'another frame before the settings');
  }

  #connectionFrame(type: number, flags: number, bytes: Uint8Array, from: number, to: number): void {
    if (type === FRAME.settings) this.#settings(flags, bytes, from, to);
    else if (type === FRAME.ping) {
      expectLength(to - from, PING_BYTES);
      if ((flags & FLAG.ack) === 0) this.out.frame(frameOf(FRAME.ping, FLAG.ack, 0, bytes.subarray(from, to)));
      else this.#pingAnswered(readUint32(bytes, from));
    } else {
      if (to - from < 8) throw new Http2Error(HTTP2_ERROR.frameSize, 'a GOAWAY that is cut off');
      this.goAwayCame(readUint32(bytes, from) & LARGEST_WINDOW_BYTES);
    }
  }

  #pingAnswered(ping: number): void {
    const onAnswer = this.#pings.get(ping);
    this.#pings.delete(ping);
    onAnswer?.();
  }

  #settings(flags: number, bytes: Uint8Array, from: number, to: number): void {
    if ((flags & FLAG.ack) !== 0) {
      expectLength(to - from, 0);
      return;
    }
    const isFirst = !this.hasPeerSettings;
    if (!isFirst) this.expectCalm('settings');
    const before = this.peer.initialWindowBytes;
    this.peer.take(bytes, from, to);
    for (const stream of this.streams.values()) this.#growSending(stream, this.peer.initialWindowBytes - before);
    this.out.frame(SETTINGS_ACK);
    this.hasPeerSettings = true;
    this.settingsCame(isFirst);
  }

  #blockPart(isComplete: boolean, id: number): void {
    if (isComplete) {
      this.#openBlock?.cancel();
      this.#openBlock = undefined;
      this.#blockCame(id);
    } else this.#openBlock ??= after(OPEN_BLOCK_MS, () => this.#fail(neverEnds()));
  }

  #blockCame(id: number): void {
    const { bytes, from, to, flags } = this.#blocks;
    const list = new HeaderList(this.kindOf(id));
    this.#decoder.decode(bytes, from, to, list);
    this.headersCame(id, list, (flags & FLAG.endStream) !== 0);
  }

  #reset(id: number, code: number): void {
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (!this.wasOpened(id)) throw new Http2Error(HTTP2_ERROR.protocol, `the reset of the stream ${id}`);
      return;
    }
    this.resetCame(stream);
    stream.close(code);
  }

  #windowGrows(id: number, bytes: number): void {
    if (bytes === 0) throw new Http2Error(HTTP2_ERROR.protocol, 'a window that grows by nothing');
    if (id === 0) {
      this.#sendWindowBytes += bytes;
      if (this.#sendWindowBytes > LARGEST_WINDOW_BYTES) throw tooLarge();
      return;
    }
    const stream = this.streams.get(id);
    if (stream !== undefined) this.#growSending(stream, bytes);
    else if (!this.wasOpened(id)) throw new Http2Error(HTTP2_ERROR.protocol, `a window of the stream ${id}`);
  }

  #growSending(stream: Http2Stream, bytes: number): void {
    stream.sendWindowBytes += bytes;
    if (stream.sendWindowBytes > LARGEST_WINDOW_BYTES) throw tooLarge();
    if (stream.canSend) this.#ready.add(stream);
  }

  /** Counts what costs the peer next to nothing. Throws an Http2Error where it is too much. */
  protected expectCalm(what: string): void {
    if (!this.guard.admits()) throw new Http2Error(HTTP2_ERROR.enhanceYourCalm, `too many ${what}`);
  }
}

function expectLength(length: number, wanted: number): void {
  if (length !== wanted)
    throw new Http2Error(HTTP2_ERROR.frameSize, `a frame of ${length} bytes in place of ${wanted}`);
}

function neverEnds(): Http2Error {
  return new Http2Error(HTTP2_ERROR.enhanceYourCalm, 'headers that never end');
}

function tooLarge(): Http2Error {
  return new Http2Error(HTTP2_ERROR.flowControl, 'a window that is too large');
}
