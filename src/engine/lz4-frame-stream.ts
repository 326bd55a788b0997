/**
 * `Content-Encoding: lz4` as streams: the LZ4 frame format (lz4/lz4 doc/lz4_Frame_format.md). Blocks may point back into the last 64 KiB
 * of what came before them. Checksums are read over.
 */
import { Transform } from 'node:stream';
import { DecodeError, Lz4Output, packLz4Block, readLz4Block } from '#base';
import { attempt, HeldBytes } from './held-bytes.ts';

const MAGIC = 0x184d2204;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const PLAIN_BLOCK = 0x80000000;
const WINDOW_BYTES = 64 * 1024;
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Fails with a DecodeError where the frame is broken or cut off. Several frames may follow each other. */
export function createLz4Decoder(): Transform {
  const frames = new FrameReader();
  return new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      attempt(done, () => frames.read(chunk, (content) => this.push(content)));
    },
    flush(done): void {
      attempt(done, () => frames.end());
    },
  });
}

/** Independent blocks of at most 4 MiB, no checksums but the header's: 0x73 is the second byte of its xxHash32. */
export function createLz4Encoder(): Transform {
  let started = false;
  const start = (stream: Transform): void => {
    if (!started) stream.push(Buffer.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73));
    started = true;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done): void {
      start(this);
      for (let at = 0; at < chunk.length; at += BLOCK_BYTES) this.push(pack(chunk.subarray(at, at + BLOCK_BYTES)));
      done();
    },
    flush(done): void {
      start(this);
      this.push(Buffer.alloc(4));
      done();
    },
  });
}

function pack(content: Buffer): Buffer {
  const packed = packLz4Block(content);
  const isPacked = packed.length < content.length;
  const size = Buffer.allocUnsafe(4);
  size.writeUInt32LE(isPacked ? packed.length : (content.length | PLAIN_BLOCK) >>> 0);
  return Buffer.concat([size, isPacked ? packed : content]);
}

type Step = 'start' | 'header' | 'size' | 'block' | 'trailer';

/** Where in a frame the next bytes belong, and how many make the next step. */
class FrameReader {
  readonly #held = new HeldBytes();
  #step: Step = 'start';
  #needed = 4;
  #isPlain = false;
  #flags = 0;
  #window: Uint8Array = new Uint8Array(0);

  read(chunk: Buffer, push: (content: Uint8Array) => void): void {
    this.#held.add(chunk);
    for (let piece = this.#held.peek(this.#needed); piece !== undefined; piece = this.#held.peek(this.#needed)) {
      // Of the header only the flags are known at first: they stay, and come again with the rest.
      if (this.#step !== 'header' || this.#needed > 1) this.#held.drop(piece.length);
      this.#take(piece, push);
    }
  }

  end(): void {
    if (this.#step !== 'start' || this.#held.length > 0) throw new DecodeError('the lz4 frame is cut off');
  }

  #take(piece: Buffer, push: (content: Uint8Array) => void): void {
    if (this.#step === 'start') this.#takeMagic(piece);
    else if (this.#step === 'header') this.#takeHeader(piece);
    else if (this.#step === 'size') this.#takeSize(piece.readUInt32LE(0));
    else if (this.#step === 'block') this.#takeBlock(piece, push);
    else {
      this.#window = new Uint8Array(0);
      this.#next('start', 4);
    }
  }

  #next(step: Step, neededBytes: number): void {
    this.#step = step;
    this.#needed = neededBytes;
  }

  #takeMagic(piece: Buffer): void {
    if (piece.readUInt32LE(0) !== MAGIC) throw new DecodeError('not an lz4 frame');
    this.#next('header', 1);
  }

  #takeHeader(piece: Buffer): void {
    const flags = piece[0]!;
    if (flags >> 6 !== 1) throw new DecodeError(`unknown version ${flags >> 6} of the lz4 frame`);
    if ((flags & FLAG_DICTIONARY) !== 0) throw new DecodeError('lz4 dictionaries are not supported');
    this.#flags = flags;
    if (piece.length > 1) this.#next('size', 4);
    else this.#next('header', 2 + ((flags & FLAG_CONTENT_SIZE) !== 0 ? 8 : 0) + 1);
  }

  #takeSize(size: number): void {
    if (size === 0) {
      this.#next('trailer', (this.#flags & FLAG_CONTENT_CHECKSUM) !== 0 ? 4 : 0);
      return;
    }
    const length = size & 0x7fffffff;
    if (length > BLOCK_BYTES) {
      throw new DecodeError(`an lz4 block of ${length} bytes, the format's limit is ${BLOCK_BYTES}`);
    }
    this.#isPlain = (size & PLAIN_BLOCK) !== 0;
    this.#next('block', length + ((this.#flags & FLAG_BLOCK_CHECKSUM) !== 0 ? 4 : 0));
  }

  #takeBlock(piece: Buffer, push: (content: Uint8Array) => void): void {
    const end = piece.length - ((this.#flags & FLAG_BLOCK_CHECKSUM) !== 0 ? 4 : 0);
    const before = this.#window.length;
    const limit = before + BLOCK_BYTES;
    const tooLong = (): DecodeError => new DecodeError(`an lz4 block holds more than ${BLOCK_BYTES} bytes`);
    const output = new Lz4Output(Math.min(limit, before + end * 4), limit, tooLong);
    output.append(this.#window, 0, before);
    if (this.#isPlain) output.append(piece, 0, end);
    else readLz4Block(piece, 0, end, output);
    const all = output.finish();
    push(all.subarray(before));
    this.#window = all.subarray(Math.max(0, all.length - WINDOW_BYTES));
    this.#next('size', 4);
  }
}
