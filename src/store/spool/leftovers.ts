import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Frame,
  frameHeadOf,
  HEAD_BYTES,
  MAGIC,
  markOf,
  NO_ITEMS,
  plus,
  readSegment,
  writeHead,
} from './frames.ts';
import type { RejectedFolder } from './rejected-folder.ts';
import {
  closedName,
  mergedName,
  mergedRange,
  NEW_SUFFIX,
  newName,
  type Segment,
  SUFFIX,
  segmentOfFile,
} from './segment.ts';

export interface Leftovers<K> {
  /** Oldest first. */
  readonly leftovers: readonly Segment<K>[];
  /** Files with the ending of a segment that are none; they were moved to these paths. */
  readonly strangers: readonly string[];
}

export interface MergeLimits {
  /** A merged segment has so many bytes and items at most; what is larger than half of it is left as it is. */
  readonly segmentBytes: number;
  readonly segmentItems: number;
}

/**
 * What an earlier process left in the folder. Small segments are merged, since each segment costs the store some inserts whatever its size.
 *
 * Only what was never sent to the store is merged, because the store knows a segment by its id. The merged file gets an id of its own and is
 * complete on disk before it gets a name that counts; that name says which files it stands for, so that the next start removes those of them
 * that a crash left:
 *
 *   A B C            <id>.new is written
 *   A B C M(A..C)    renamed: from here on A, B and C are what is too much
 *   B C M(A..C)      they are removed
 *   M
 */
export async function lookForLeftovers<K>(
  dir: string,
  rejected: RejectedFolder,
  limits: MergeLimits,
  newId: (createdMs: number) => string,
): Promise<Leftovers<K>> {
  const found = await finishMerges<K>(dir, await listSegments<K>(dir, rejected));
  const leftovers: Segment<K>[] = [];
  let group: Member<K>[] = [];
  let bytes = 0;
  let items = 0;
  const endGroup = async (): Promise<void> => {
    const segments = group.map(({ segment }) => segment);
    const merged = group.length > 1 ? await merge(dir, group, newId(segments[0]!.createdMs)) : undefined;
    if (merged !== undefined) await finish(dir, merged, segments);
    leftovers.push(...(merged === undefined ? segments : [merged]));
    group = [];
    bytes = 0;
    items = 0;
  };
  for (const segment of found.leftovers) {
    const member = await memberOf(dir, segment, limits);
    if (member === undefined) {
      await endGroup();
      leftovers.push(segment);
      continue;
    }
    if (bytes + segment.bytes > limits.segmentBytes || items + segment.items > limits.segmentItems) await endGroup();
    group.push(member);
    bytes += segment.bytes;
    items += segment.items;
  }
  await endGroup();
  return { leftovers, strangers: found.strangers };
}

async function listSegments<K>(dir: string, rejected: RejectedFolder): Promise<Leftovers<K>> {
  const leftovers: Segment<K>[] = [];
  const strangers: string[] = [];
  for (const name of (await readdir(dir)).sort()) {
    if (name.endsWith(NEW_SUFFIX)) await rm(join(dir, name), { force: true });
    if (!name.endsWith(SUFFIX)) continue;
    const segment = segmentOfFile<K>(name, (await stat(join(dir, name))).size);
    if (segment !== undefined) leftovers.push(segment);
    else strangers.push(await rejected.take(join(dir, name), 'the name is none of a segment'));
  }
  return { leftovers, strangers };
}

/** Merges that a crash interrupted behind the renaming: removes what the merged segments stand for. */
async function finishMerges<K>(dir: string, found: Leftovers<K>): Promise<Leftovers<K>> {
  let { leftovers } = found;
  for (const merged of leftovers) {
    const range = mergedRange(merged.fileName);
    if (range === undefined) continue;
    const isMember = ({ id, isSent }: Segment<K>): boolean =>
      id !== merged.id && !isSent && range.first <= id && id <= range.last;
    await finish(dir, merged, leftovers.filter(isMember));
    leftovers = leftovers.filter((segment) => !isMember(segment));
  }
  return { ...found, leftovers };
}

/** Removes what a merged segment stands for, and gives it its lasting name. May be called again after it has failed. */
export async function finish<K>(dir: string, merged: Segment<K>, members: readonly Segment<K>[]): Promise<void> {
  // The new name is there for good before the old ones go.
  await syncFolder(dir);
  for (const { fileName } of members) await rm(join(dir, fileName), { force: true });
  const name = closedName(merged.id, merged.counts);
  // The removals first, or a power cut could bring a member back beside a name that doesn't speak of it.
  await syncFolder(dir);
  await rename(join(dir, merged.fileName), join(dir, name));
  merged.fileName = name;
}

export interface Member<K> {
  readonly segment: Segment<K>;
  readonly frames: readonly Frame[];
}

/** Undefined for a segment that is not to be merged: it may be in the store, is large, or not whole. */
export async function memberOf<K>(
  dir: string,
  segment: Segment<K>,
  limits: MergeLimits,
): Promise<Member<K> | undefined> {
  const { id, isSent, wasOpen, isCounted, counts } = segment;
  if (isSent || segment.bytes * 2 > limits.segmentBytes || segment.items * 2 > limits.segmentItems) return undefined;
  const bytes = await readFile(join(dir, segment.fileName)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const { frames, damage, tornBytes } = readSegment(bytes, { id, wasOpen, written: isCounted ? counts : undefined });
  if (damage !== undefined || tornBytes > 0) return undefined;
  segment.items = frames.reduce((sum, frame) => sum + frame.items, 0);
  return { segment, frames };
}

/** Writes the merged file beside its members: `finish` must follow. Undefined where the disk takes none; then all is as before. */
export async function merge<K>(dir: string, group: readonly Member<K>[], id: string): Promise<Segment<K> | undefined> {
  const mark = markOf(id);
  const parts: Uint8Array[] = [MAGIC];
  let counts = NO_ITEMS;
  let size = MAGIC.length;
  for (const { kind, form, items, payload } of group.flatMap(({ frames }) => frames)) {
    parts.push(writeHead(mark, frameHeadOf(kind, items, [payload], form), counts), payload);
    counts = plus(counts, kind, items);
    size += HEAD_BYTES + payload.length;
  }
  const members = group.map(({ segment }) => segment);
  const name = mergedName(id, counts, { first: members[0]!.id, last: members.at(-1)!.id });
  const draft = join(dir, newName(id));
  try {
    const file = await open(draft, 'wx');
    try {
      await writeAll(file, 0, parts);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, join(dir, name));
  } catch {
    await rm(draft, { force: true });
    return undefined;
  }
  return segmentOfFile<K>(name, size)!;
}

/** What is renamed, made or removed in a folder outlives a power cut from then on. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  await folder.sync().finally(() => folder.close());
}

/** writev takes up to IOV_MAX (1024) buffers at a time. */
const WRITE_BUFFERS = 1000;

export async function writeAll(file: FileHandle, position: number, parts: readonly Uint8Array[]): Promise<void> {
  let buffers = parts.filter((part) => part.length > 0);
  while (buffers.length > 0) {
    const { bytesWritten } = await file.writev(buffers.slice(0, WRITE_BUFFERS), position);
    position += bytesWritten;
    buffers = behind(buffers, bytesWritten);
  }
}

/** What is left of the buffers when their first `count` bytes are done. */
function behind(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let rest = count;
  const left: Uint8Array[] = [];
  for (const buffer of buffers) {
    if (rest >= buffer.length) rest -= buffer.length;
    else {
      left.push(rest === 0 ? buffer : buffer.subarray(rest));
      rest = 0;
    }
  }
  return left;
}
