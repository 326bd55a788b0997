import { access, type FileHandle, open, readFile, rename, rm, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, type Clock, messageOf, type Reason, StartError } from '#base';
import { type FolderLock, type FolderUse, folderError, lockFolder, makeFolder, makePrivate } from '#base/folder.ts';
import { reserveOf } from '../free-space.ts';
import {
  type FrameHead,
  frameHeadOf,
  HEAD_BYTES,
  MAGIC,
  markOf,
  plus,
  readSegment,
  type SegmentReading,
  totalOf,
  writeHead,
} from './frames.ts';
import { type Leftovers, lookForLeftovers, syncFolder, writeAll } from './leftovers.ts';
import { REJECTED, RejectedFolder } from './rejected-folder.ts';
import { RunningMerge } from './running-merge.ts';
import { closedName, newName, openName, Segment, SegmentIds, sentName } from './segment.ts';

export interface SegmentLogOptions {
  /** Made when it is missing. Belongs to one process at a time. */
  readonly dir: string;
  /** Who writes to the log, as error messages name it: `exporter "signalbox"`. */
  readonly owner: string;
  /** What messages call the folder, and how to get another. Default: the spool folder of the exporter signalbox. */
  readonly use?: Pick<FolderUse, 'kind' | 'wayOut'> & Partial<Pick<FolderUse, 'user'>>;
  /**
   * A segment is closed when it has so many bytes, or items, or its first frame is so old, but for its age not sooner than twice as long after
   * the one before it; where those before it are still under way (isBusy), only when they are done, or after `AGES_AT_MOST` such ages.
   */
  readonly segmentBytes: number;
  readonly segmentItems: number;
  readonly segmentAgeMs: number;
  /** All segments together may take so many bytes; what comes then is refused. */
  readonly limitBytes: number;
  /** Files that were set aside may take so many bytes; the oldest make room. */
  readonly rejectedLimitBytes: number;
  /** What is left free of the folder's disk, for the engine beside it. Default: half of what the store leaves free (reserveOf). */
  readonly reserveBytes?: number;
  readonly clock: Clock;
}

/** The log is at its limit, or the disk did not take the frame. Nothing of the frame was kept. */
export class SpoolError extends Error {
  override name = 'SpoolError';
  readonly reason: Extract<Reason, 'spool_full' | 'spool_write_failed'>;
  constructor(message: string, reason: SpoolError['reason'], options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What the log tells its owner. */
export interface SegmentHooks<K> {
  /** A segment is begun: what to keep in memory beside it, if anything. */
  opened(): K | undefined;
  /** No more frames come to the segment. */
  closed(segment: Segment<K>): void;
  /** Segments before this one are still under way, so that this one may as well grow. `closeOld` must follow when they no longer are. */
  isBusy?(): boolean;
}

interface OpenSegment<K> {
  readonly segment: Segment<K>;
  readonly file: FileHandle;
  readonly mark: Uint8Array;
}

interface Pending<K> {
  readonly head: FrameHead;
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly onWritten: ((segment: Segment<K>) => void) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: SpoolError) => void;
}

const USE: FolderUse = {
  kind: 'spool folder',
  user: 'collector',
  wayOut: 'choose another one with spool::directory',
};
/** One write takes no more than this, so that a burst does not make its first sender wait for all of it. */
const GROUP_BYTES = 16 * 1024 * 1024;
/** writev takes up to IOV_MAX (1024) buffers at a time. */
const GROUP_BUFFERS = 1000;
/** What is written to see whether the disk takes anything. */
const TRIAL_BYTES = 1024 * 1024;
/** A segment that grows because others are under way is closed after so many times its age all the same. */
const AGES_AT_MOST = 10;
const LOCK = 'lock';

/**
 * A log of frames in segment files, for handing them on in blocks and losing none of what was acknowledged. `append` resolves when the
 * frame is on disk; all callers that wait share one write and one fdatasync. A closed segment goes to `hooks.closed` and stays on disk until
 * `remove` or `reject`. Segments that an earlier process left are in `leftovers`.
 */
export class SegmentLog<K> {
  readonly #options: SegmentLogOptions;
  readonly #hooks: SegmentHooks<K>;
  readonly #lock: FolderLock;
  readonly #rejected: RejectedFolder;
  readonly #ids: SegmentIds;
  readonly #merge: RunningMerge<K>;
  /** From an earlier process, oldest first. */
  readonly leftovers: readonly Segment<K>[];
  /** Files with the ending of a segment that are none; they were moved to these paths. */
  readonly strangers: readonly string[];
  /** Others than its user could read the folder until it was opened. */
  readonly wasOpenToOthers: boolean;
  #queue: Pending<K>[] = [];
  #queuedBytes = 0;
  #flushing: Promise<void> | undefined = undefined;
  #open: OpenSegment<K> | undefined = undefined;
  /** The id of the segment that is begun, open, or on its way to `hooks.closed`. */
  #openId: string | undefined = undefined;
  #cancelAge: (() => void) | undefined = undefined;
  #closedMs = Number.NEGATIVE_INFINITY;
  /** The open segment is old enough to be closed. */
  #isOld = false;
  #isDue = false;
  #bytes: number;
  #segmentCount: number;
  #closed = false;

  private constructor(
    options: SegmentLogOptions,
    hooks: SegmentHooks<K>,
    lock: FolderLock,
    found: Leftovers<K> & {
      readonly rejected: RejectedFolder;
      readonly ids: SegmentIds;
      readonly wasOpenToOthers: boolean;
    },
  ) {
    const { leftovers } = found;
    this.#options = options;
    this.#hooks = hooks;
    this.#lock = lock;
    this.#rejected = found.rejected;
    this.#ids = found.ids;
    this.#merge = new RunningMerge(options);
    this.strangers = found.strangers;
    this.wasOpenToOthers = found.wasOpenToOthers;
    this.leftovers = leftovers;
    this.#bytes = leftovers.reduce((sum, segment) => sum + segment.bytes, 0);
    this.#segmentCount = leftovers.length;
  }

  /** Opens the folder. Throws StartError: taken by another process, not writable, not a folder. */
  static async open<K>(options: SegmentLogOptions, hooks: SegmentHooks<K>): Promise<SegmentLog<K>> {
    let lock: FolderLock | undefined;
    try {
      lock = lockFolder(options.dir, { ...USE, ...options.use, name: options.owner }, LOCK);
      makeFolder(join(options.dir, REJECTED));
      const wasOpenToOthers = [options.dir, join(options.dir, REJECTED)].map(makePrivate).includes(true);
      const rejected = new RejectedFolder(options.dir, options.rejectedLimitBytes);
      const ids = new SegmentIds();
      const found = await lookForLeftovers<K>(options.dir, rejected, options, (createdMs) => ids.next(createdMs));
      return new SegmentLog(options, hooks, lock, { rejected, ids, wasOpenToOthers, ...found });
    } catch (error) {
      lock?.release();
      throw folderError(options.dir, { ...USE, ...options.use }, error);
    }
  }

  /** Bytes of all segments on disk and of frames that wait to be written. */
  get bytes(): number {
    return this.#bytes + this.#queuedBytes;
  }

  get segmentCount(): number {
    return this.#segmentCount;
  }

  get #place(): string {
    const { dir, use = USE } = this.#options;
    return `${use.kind} ${dir}`;
  }

  /**
   * Writes a frame; resolves when it is on disk. The parts must not change until then. Rejects with a SpoolError, and then nothing of the
   * frame is kept. `onWritten` is called soon after the frame is on disk and before its segment is closed; it must not throw. `form`: see FrameHead.
   */
  append(
    kind: number,
    parts: readonly Uint8Array[],
    items: number,
    onWritten?: (segment: Segment<K>) => void,
    form = 0,
  ): Promise<void> {
    assert(items > 0, 'a frame has items');
    const head = frameHeadOf(kind, items, parts, form);
    const bytes = HEAD_BYTES + head.payloadBytes;
    const { limitBytes } = this.#options;
    if (this.bytes + bytes > limitBytes) {
      const message = `${this.#place}: ${this.bytes} of ${limitBytes} bytes are taken, a batch of ${bytes} doesn't fit`;
      return Promise.reject(new SpoolError(message, 'spool_full'));
    }
    if (this.#closed) return Promise.reject(new SpoolError(`${this.#place}: closed`, 'spool_write_failed'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ head, parts, bytes, onWritten, resolve, reject });
      this.#queuedBytes += bytes;
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    // Frames that arrive in the same turn go into the same write.
    await Promise.resolve();
    while (this.#queue.length > 0 || this.#isDue) {
      const group = this.#takeGroup();
      if (group.length > 0) await this.#writeGroup(group);
      if (this.#isDue) await this.#closeSegment();
    }
    this.#flushing = undefined;
  }

  #takeGroup(): Pending<K>[] {
    let bytes = 0;
    let buffers = 0;
    let count = 0;
    for (const { bytes: size, parts } of this.#queue) {
      if (count > 0 && (bytes + size > GROUP_BYTES || buffers + parts.length + 1 > GROUP_BUFFERS)) break;
      bytes += size;
      buffers += parts.length + 1;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly Pending<K>[]): Promise<void> {
    let bytes = 0;
    for (const pending of group) bytes += pending.bytes;
    this.#queuedBytes -= bytes;
    try {
      await this.#assertRoom(bytes);
      this.#open ??= await this.#create();
      const { file, segment, mark } = this.#open;
      let { counts } = segment;
      const buffers: Uint8Array[] = [];
      for (const { head, parts } of group) {
        buffers.push(writeHead(mark, head, counts), ...parts);
        counts = plus(counts, head.kind, head.items);
      }
      await writeAll(file, segment.bytes, buffers);
      await file.datasync();
      // A file that was deleted takes all that is written, and keeps nothing of it.
      if ((await file.stat()).nlink === 0) throw new Error(`its file ${segment.fileName} was deleted`);
      this.#bytes += bytes;
      segment.bytes += bytes;
      segment.counts = counts;
      segment.items = totalOf(counts);
      const { segmentBytes, segmentItems } = this.#options;
      if (segment.bytes >= segmentBytes || segment.items >= segmentItems) this.#isDue = true;
      for (const pending of group) pending.resolve();
      // The answers go out first: nobody waits for what comes now.
      await new Promise((resolve) => setImmediate(resolve));
      for (const pending of group) pending.onWritten?.(segment);
    } catch (error) {
      if (error instanceof SpoolError) {
        // Nothing was written: the open segment is as good as before.
        for (const pending of group) pending.reject(error);
        return;
      }
      const place = `${this.#place}: `;
      const message = error instanceof StartError ? error.message : `${place}${messageOf(error)}`;
      for (const pending of group) pending.reject(new SpoolError(message, 'spool_write_failed', { cause: error }));
      await this.#abandonTail();
    }
  }

  /** A disk that is filled to its end takes the engine's last room, with which it merges and drops what expires. */
  async #assertRoom(bytes: number): Promise<void> {
    const { dir } = this.#options;
    const disk = await statfs(dir).catch(() => undefined);
    // A folder that is gone, or a file system that doesn't tell: the write says what is wrong, if anything.
    if (disk === undefined) return;
    const { bavail, blocks, bsize } = disk;
    const reserveBytes = this.#options.reserveBytes ?? reserveOf(blocks * bsize) / 2;
    if (bavail * bsize - bytes >= reserveBytes) return;
    const message = `${this.#place}: ${bavail * bsize} bytes of its disk are free, ${reserveBytes} are kept in reserve`;
    throw new SpoolError(message, 'spool_full');
  }

  async #create(): Promise<OpenSegment<K>> {
    const id = this.#ids.next(Math.floor(this.#options.clock.nowMs()));
    this.#openId = id;
    await this.#merge.outside(id);
    try {
      return await this.#createFile(id);
    } catch (error) {
      this.#openId = undefined;
      throw error;
    }
  }

  async #createFile(id: string): Promise<OpenSegment<K>> {
    const { dir } = this.#options;
    const file = await this.#begin(join(dir, newName(id)));
    try {
      await file.write(MAGIC, 0, MAGIC.length, 0);
      // Under this name a file that doesn't begin so is damaged.
      await rename(join(dir, newName(id)), join(dir, openName(id)));
      await syncFolder(dir);
    } catch (error) {
      await file.close();
      for (const name of [newName(id), openName(id)]) await rm(join(dir, name), { force: true });
      throw error;
    }
    const segment = new Segment<K>(id, this.#hooks.opened(), openName(id));
    segment.bytes = MAGIC.length;
    this.#bytes += MAGIC.length;
    this.#segmentCount++;
    const { clock, segmentAgeMs } = this.#options;
    // What comes alone is handed on soon, and a trickle in half as many segments.
    const afterLastMs = this.#closedMs + 2 * segmentAgeMs - clock.monotonicMs();
    this.#cancelAge = clock.after(Math.max(segmentAgeMs, afterLastMs), () => this.#grewOld());
    return { segment, file, mark: markOf(id) };
  }

  #grewOld(): void {
    this.#isOld = true;
    this.#cancelAge = this.#options.clock.after(this.#options.segmentAgeMs * (AGES_AT_MOST - 1), () => this.#close());
    this.closeOld();
  }

  /** Closes the open segment where it is old enough and those before it are no longer under way. */
  closeOld(): void {
    if (this.#isOld && this.#hooks.isBusy?.() !== true) this.#close();
  }

  #close(): void {
    this.#isDue = true;
    this.#flushing ??= this.#flush();
  }

  /** Makes a file in the folder, and the folder where somebody removed it. */
  async #begin(path: string): Promise<FileHandle> {
    const isThere = await access(join(this.#options.dir, LOCK)).then(
      () => true,
      () => false,
    );
    if (!isThere) this.#lock.renew();
    return await open(path, 'wx+');
  }

  /** After a failed write: whatever reached the file behind the last good frame is cut off, and the segment is not used again. */
  async #abandonTail(): Promise<void> {
    const current = this.#open;
    if (current === undefined) return;
    try {
      await current.file.truncate(current.segment.bytes);
    } catch {
      // The frames' checksums tell the tail from what was acknowledged, unless it is whole: then it is stored after all.
    }
    await this.#closeSegment();
  }

  async #closeSegment(): Promise<void> {
    this.#isDue = false;
    this.#isOld = false;
    const current = this.#open;
    if (current === undefined) return;
    this.#closedMs = this.#options.clock.monotonicMs();
    this.#open = undefined;
    this.#cancelAge?.();
    this.#cancelAge = undefined;
    const { segment, file } = current;
    const isFilled = segment.bytes > MAGIC.length;
    if (isFilled) await this.#nameAsClosed(current);
    await file.close().catch(() => undefined);
    this.#openId = undefined;
    if (isFilled) this.#hooks.closed(segment);
    else await this.remove(segment).catch(() => undefined);
  }

  /** From now on every missing byte of the file is damage, and its name says what was in it. */
  async #nameAsClosed({ segment, file }: OpenSegment<K>): Promise<void> {
    const { dir } = this.#options;
    const name = closedName(segment.id, segment.counts);
    try {
      await rename(join(dir, segment.fileName), join(dir, name)).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await this.#copy(file, segment.bytes, join(dir, name));
      });
      segment.fileName = name;
    } catch {
      // It is read under its old name, too, and delivered from memory where it has none.
    }
  }

  /** Writes a deleted file anew, as long as it is open: what it holds was acknowledged. */
  async #copy(from: FileHandle, size: number, path: string): Promise<void> {
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await from.read(bytes, at, size - at, at);
      if (bytesRead === 0) throw new Error(`${path}: only ${at} of ${size} bytes can be read`);
      at += bytesRead;
    }
    const file = await this.#begin(path);
    try {
      await writeAll(file, 0, [bytes]);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** Whether a frame of so many bytes would be taken now, as far as can be tried. */
  async canTake(bytes: number): Promise<boolean> {
    if (this.#closed || this.bytes + bytes > this.#options.limitBytes) return false;
    const path = join(this.#options.dir, newName('trial'));
    try {
      await this.#assertRoom(bytes);
      await rm(path, { force: true });
      const file = await this.#begin(path);
      try {
        await writeAll(file, 0, [new Uint8Array(Math.min(bytes, TRIAL_BYTES))]);
        await file.datasync();
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Notes on disk that the segment may be in the store from now on. */
  async markSent(segment: Segment<K>): Promise<void> {
    if (segment.isSent) return;
    const { dir } = this.#options;
    const name = sentName(segment.fileName);
    try {
      await rename(this.#path(segment), join(dir, name));
      await syncFolder(dir);
      segment.fileName = name;
    } catch (error) {
      // Without a file there is nothing that another process could merge.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    segment.isSent = true;
  }

  /**
   * Makes one segment of several, none of which was ever sent, in the order of their ids and without another unsent one between them. Undefined
   * where that can't be: they stay as they are. Rejects where the log was closed meanwhile; none of them may be delivered then.
   */
  async merge(segments: readonly Segment<K>[]): Promise<Segment<K> | undefined> {
    const [first, last] = [segments[0]!, segments.at(-1)!];
    if (this.#openId !== undefined && first.id <= this.#openId && this.#openId <= last.id) return undefined;
    const merged = await this.#merge.run(segments, this.#ids.next(first.createdMs), () => this.#closed);
    if (merged === undefined) return undefined;
    for (const segment of segments) this.#forget(segment);
    this.#bytes += merged.bytes;
    this.#segmentCount++;
    return merged;
  }

  /** Reads a segment's frames back. Rejects where the file can't be read. */
  async read(segment: Segment<K>): Promise<SegmentReading> {
    const { id, wasOpen, isCounted, counts } = segment;
    return readSegment(await readFile(this.#path(segment)), { id, wasOpen, written: isCounted ? counts : undefined });
  }

  /** The segment is safe elsewhere: deletes its file. */
  async remove(segment: Segment<K>): Promise<void> {
    // Not `rm`: that looks at the file first, synchronously.
    await unlink(this.#path(segment)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    this.#forget(segment);
  }

  /** Moves the segment's file to the folder `rejected`, with the reason in a file beside it. Returns its new path. */
  async reject(segment: Segment<K>, reason: string): Promise<string> {
    const target = await this.#rejected.take(this.#path(segment), reason);
    this.#forget(segment);
    return target;
  }

  #forget(segment: Segment<K>): void {
    this.#bytes -= segment.bytes;
    this.#segmentCount--;
  }

  #path(segment: Segment<K>): string {
    return join(this.#options.dir, segment.fileName);
  }

  /** Closes the open segment at once, so that it is handed on. */
  async roll(): Promise<void> {
    this.#close();
    await this.#flushing;
  }

  /** Writes what waits, closes the open segment and gives the folder back. Segments that are not removed stay on disk. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.roll();
    this.#closed = true;
    this.#lock.release();
  }
}
