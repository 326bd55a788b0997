import {
  type ArenaWriter,
  type AttributeEdits,
  type AttributeTable,
  cursor,
  readVarint32,
  skipValue,
  VALUE_ABSENT,
} from '#pdata';

/** A message of which attributes were changed. */
export interface Spliced {
  readonly arena: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Fields to leave out: one bit for each field number below 32. */
  readonly skipped: number;
  readonly attributesField: number;
}

/**
 * Writes the fields of a message with the attributes that its owner has in a table. Those that nobody changed stay where they are, so that
 * what lies between two changes is copied at once; the others are put between them in the table's order.
 *
 *   message   a b n c      n: any other field
 *   table     a B c d      B and d have no entry in the message
 *   written   a B n c d
 */
export function spliceAttributes(out: ArenaWriter, message: Spliced, table: AttributeTable, owner: number): void {
  const { arena, to, attributesField: field } = message;
  const { entryAt } = table;
  const last = table.to[owner]!;
  let next = table.from[owner]!;
  let keptFrom = message.from;
  let at = message.from;
  while (at < to) {
    const fieldAt = at;
    at = nextField(arena, at, message);
    if (entry.at < 0) continue;
    if (entry.at > 0) {
      if (next < last && entryAt[next] === 0) {
        if (keptFrom < fieldAt) out.range(arena, keptFrom, fieldAt);
        keptFrom = fieldAt;
        while (next < last && entryAt[next] === 0) out.placedAttribute(field, arena, table, next++);
      }
      if (next < last && entryAt[next] === entry.at) {
        next++;
        continue;
      }
    }
    if (keptFrom < fieldAt) out.range(arena, keptFrom, fieldAt);
    keptFrom = at;
  }
  if (keptFrom < to) out.range(arena, keptFrom, to);
  while (next < last) out.placedAttribute(field, arena, table, next++);
}

/** The same where only what was changed is known. */
export function spliceEdits(out: ArenaWriter, message: Spliced, edits: AttributeEdits, owner: number): void {
  const { arena, to, attributesField: field } = message;
  const { table } = edits;
  const { entryAt, type } = table;
  const first = table.from[owner]!;
  const last = table.to[owner]!;
  let keptFrom = message.from;
  let at = message.from;
  while (at < to) {
    const fieldAt = at;
    at = nextField(arena, at, message);
    const found = entry.at;
    if (found < 0) continue;
    let edit = last;
    if (found > 0) {
      // There are few.
      for (edit = first; edit < last && entryAt[edit] !== found; ) edit++;
      if (edit === last) continue;
    }
    if (keptFrom < fieldAt) out.range(arena, keptFrom, fieldAt);
    keptFrom = at;
    if (edit < last && type[edit] !== VALUE_ABSENT) out.placedAttribute(field, arena, table, edit);
  }
  if (keptFrom < to) out.range(arena, keptFrom, to);
  for (let row = first; row < last; row++) {
    if (entryAt[row] === 0) out.placedAttribute(field, arena, table, row);
  }
}

/** What `nextField` found: where the KeyValue message of an attribute begins, 0 for another field to leave out, -1 for one to keep. */
const entry: { at: number } = { at: -1 };

/** Reads the field at `at`; returns where it ends. Sets `entry.at`. */
function nextField(arena: Uint8Array, at: number, { skipped, attributesField }: Spliced): number {
  let tag = arena[at++]!;
  if (tag >= 0x80) {
    tag = readVarint32(arena, at - 1);
    at = cursor.at;
  }
  const field = tag >>> 3;
  if (field !== attributesField || (tag & 7) !== 2) {
    entry.at = field < 32 && ((skipped >>> field) & 1) === 1 ? 0 : -1;
    return skipValue(arena, at, tag & 7);
  }
  let length = arena[at++]!;
  if (length >= 0x80) {
    length = readVarint32(arena, at - 1);
    at = cursor.at;
  }
  entry.at = at;
  return at + length;
}
