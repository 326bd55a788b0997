import { DecodeError } from '#base';
import type { Share } from './budget.ts';
import { type Coding, contentBytesOf, inflate } from './codings.ts';

/** Bodies that don't say how long their content is are first believed to be so much shorter than it. */
const LIKELY_RATIO = 32;
const LIKELY_MIN_BYTES = 64 * 1024;

/**
 * Inflates a body into memory that its share has taken before: fifty bombs at once are refused before they grow, not after. Throws (or rejects
 * with) a DecodeError as `inflate` does, and Busy.
 */
export function inflateWithin(
  share: Share,
  coding: Coding,
  body: Uint8Array,
  limitBytes: number,
): Uint8Array | Promise<Uint8Array> {
  const promised = contentBytesOf(coding, body);
  const likely = promised > 0 ? promised : Math.max(LIKELY_MIN_BYTES, body.length * LIKELY_RATIO);
  const firstBytes = Math.min(limitBytes, likely);
  share.take(firstBytes);
  const keep = (content: Uint8Array): Uint8Array => {
    share.giveBack(firstBytes - content.length);
    return content;
  };
  const retry = (error: unknown): Promise<Uint8Array> => {
    if (!(error instanceof DecodeError && error.message.includes('too large')) || firstBytes >= limitBytes) throw error;
    return share.inTurn(() => inflateAtLimit(share, { coding, body, limitBytes, takenBytes: firstBytes }));
  };
  try {
    const content = inflate(coding, body, firstBytes);
    return content instanceof Uint8Array ? keep(content) : content.then(keep, retry);
  } catch (error) {
    return retry(error);
  }
}

interface Inflating {
  readonly coding: Coding;
  readonly body: Uint8Array;
  readonly limitBytes: number;
  /** By the share, so far. */
  readonly takenBytes: number;
}

/** For a body that is longer than it says, as several gzip members in a row are. */
async function inflateAtLimit(share: Share, { coding, body, limitBytes, takenBytes }: Inflating): Promise<Uint8Array> {
  share.take(limitBytes - takenBytes);
  let keptBytes = takenBytes;
  try {
    const content = await inflate(coding, body, limitBytes);
    keptBytes = content.length;
    return content;
  } finally {
    share.giveBack(limitBytes - keptBytes);
  }
}
