import type { DecodeError } from '#base';
import { TooDeep } from './check.ts';

/** Counts the items of a body that can't be accepted, and keeps the reason of the first. */
export class Rejections {
  count = 0;
  reason = '';
  /** An item had no id where it needs one: the body is decoded again with zeros behind it to point at. */
  missingId = false;

  /** The first item whose own bytes are damaged. A body that holds nothing else is refused as a whole. */
  damage: DecodeError | undefined;

  /** Notes items that can't be read: too deep, or damaged inside while their length is right. */
  addUnreadable(count: number, error: DecodeError): void {
    this.count += count;
    if (this.reason === '') this.reason = error.message;
    if (!(error instanceof TooDeep)) this.damage ??= error;
  }

  /** Notes an id of a wrong size. Returns false, the item's new fate. */
  add(field: string, length: number, wanted: number): false {
    if (this.reason === '') this.reason = `${field} has ${length} bytes, must have ${wanted}`;
    return false;
  }
}

/** The body with 16 zero bytes behind it, which absent ids point at. */
export function padForMissingIds(body: Uint8Array): Uint8Array {
  const padded = new Uint8Array(body.length + 16);
  padded.set(body);
  return padded;
}
