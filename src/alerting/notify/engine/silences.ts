import { randomUUID } from 'node:crypto';
import { messageOf } from '#base';
import { Pattern } from '#lang/pattern';
import { type Instant, instantAt, isNoInstant } from '../instant.ts';
import { isLabelName, type Labels } from '../labels.ts';
import { isSameMatcher, Matcher, type MatchType, matchesAll } from '../matcher.ts';
import type { NotifyDocuments } from './documents.ts';
import { type NotifyLimits, RETENTION_MS } from './limits.ts';

/** Alerts that match are not told between two moments (alertmanager/silence). */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly updatedAt: Instant;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Labels;
}

export type SilenceState = 'pending' | 'active' | 'expired';

export function stateOf({ startsAt, endsAt }: Pick<Silence, 'startsAt' | 'endsAt'>, nowMs: number): SilenceState {
  if (nowMs < startsAt.ms) return 'pending';
  return nowMs < endsAt.ms ? 'active' : 'expired';
}

/** Why a silence is not taken. */
export class SilenceError extends Error {
  override name = 'SilenceError';
  readonly isNotFound: boolean;
  constructor(message: string, isNotFound = false) {
    super(message);
    this.isNotFound = isNotFound;
  }
}

export type NewSilence = Omit<Silence, 'updatedAt'>;

export class Silences {
  readonly #silences = new Map<string, Silence>();
  readonly #documents: NotifyDocuments;
  readonly #limits: NotifyLimits;

  constructor(documents: NotifyDocuments, limits: NotifyLimits) {
    this.#documents = documents;
    this.#limits = limits;
  }

  /** Reads those of before. What can't be read is counted, and left alone. */
  async load(nowMs: number): Promise<{ readonly unreadable: number }> {
    let unreadable = 0;
    for (const { key, body } of await this.#documents.list('silence')) {
      const silence = readSilence(key, body);
      if (silence === undefined) unreadable++;
      else if (isRemembered(silence, nowMs)) this.#silences.set(key, silence);
    }
    return { unreadable };
  }

  /** Takes what another server keeps; without a body it is forgotten. */
  see(key: string, body: unknown): void {
    const silence = body === undefined ? undefined : readSilence(key, body);
    if (silence !== undefined) this.#silences.set(key, silence);
    else if (body === undefined) this.#silences.delete(key);
  }

  all(): Iterable<Silence> {
    return this.#silences.values();
  }

  get(id: string): Silence | undefined {
    return this.#silences.get(id);
  }

  /** Those that are active and match. */
  matching(labels: Labels, nowMs: number): readonly string[] {
    const found: string[] = [];
    for (const silence of this.#silences.values()) {
      if (stateOf(silence, nowMs) === 'active' && matchesAll(silence.matchers, labels)) found.push(silence.id);
    }
    return found.sort();
  }

  /**
   * Makes a silence, or changes the one with this id: where its matchers or its past would change, the old one ends and a new one begins. Gives
   * its id when it is kept. Throws a SilenceError.
   */
  async set(given: NewSilence, nowMs: number): Promise<string> {
    const startsAt = isNoInstant(given.startsAt) ? instantAt(nowMs) : given.startsAt;
    const asked: Silence = { ...given, startsAt, updatedAt: instantAt(nowMs) };
    const mistake = mistakeInSilence(asked);
    if (mistake !== undefined) throw new SilenceError(`invalid silence: ${mistake}`);
    if (JSON.stringify(plainSilence(asked)).length > this.#limits.silenceBytes) {
      throw new SilenceError(`silence exceeded maximum size: limit ${this.#limits.silenceBytes} bytes`);
    }
    const known = asked.id === '' ? undefined : this.#silences.get(asked.id);
    if (asked.id !== '' && known === undefined) throw new SilenceError('silence not found', true);
    if (known !== undefined && canUpdate(known, asked, nowMs)) {
      await this.#keep(asked);
      return asked.id;
    }
    if (this.#silences.size >= this.#limits.silences) {
      const { silences } = this.#limits;
      throw new SilenceError(`exceeded maximum number of silences: ${this.#silences.size} (limit: ${silences})`);
    }
    const begins = asked.startsAt.ms < nowMs ? instantAt(nowMs) : asked.startsAt;
    const created = { ...asked, id: randomUUID(), startsAt: begins };
    if (known !== undefined && stateOf(known, nowMs) !== 'expired') await this.expire(known.id, nowMs);
    await this.#keep(created);
    return created.id;
  }

  /** Ends it now. Throws a SilenceError where there is none. */
  async expire(id: string, nowMs: number): Promise<void> {
    const known = this.#silences.get(id);
    if (known === undefined) throw new SilenceError('silence not found', true);
    const state = stateOf(known, nowMs);
    if (state === 'expired') return;
    const now = instantAt(nowMs);
    await this.#keep({ ...known, endsAt: now, updatedAt: now, ...(state === 'pending' && { startsAt: now }) });
  }

  /** Forgets those that ended long ago. */
  async sweep(nowMs: number): Promise<void> {
    for (const silence of Array.from(this.#silences.values())) {
      if (isRemembered(silence, nowMs)) continue;
      this.#silences.delete(silence.id);
      await this.#documents.remove('silence', silence.id);
    }
  }

  /** On disk first: what a person was told is kept, is kept. */
  async #keep(silence: Silence): Promise<void> {
    await this.#documents.put('silence', silence.id, plainSilence(silence));
    this.#silences.set(silence.id, silence);
  }
}

function isRemembered({ endsAt }: Silence, nowMs: number): boolean {
  return endsAt.ms + RETENTION_MS > nowMs;
}

function canUpdate(known: Silence, asked: Silence, nowMs: number): boolean {
  const isSame =
    known.matchers.length === asked.matchers.length &&
    known.matchers.every((matcher, i) => isSameMatcher(matcher, asked.matchers[i]!));
  if (!isSame) return false;
  switch (stateOf(known, nowMs)) {
    case 'active':
      return Math.floor(known.startsAt.ms / 1000) === Math.floor(asked.startsAt.ms / 1000) && asked.endsAt.ms >= nowMs;
    case 'pending':
      return asked.startsAt.ms >= nowMs;
    case 'expired':
      return false;
  }
}

function mistakeInSilence({ matchers, startsAt, endsAt }: Silence): string | undefined {
  if (matchers.length === 0) return 'matcher set 0 is empty';
  for (const [i, { name, value }] of matchers.entries()) {
    if (!isLabelName(name)) return `invalid label matcher ${i} in set 0: invalid label name "${name}"`;
    if (!value.isWellFormed()) return `invalid label matcher ${i} in set 0: invalid label value`;
  }
  if (matchers.every((matcher) => matcher.isEqual && matcher.matches(''))) {
    return 'matcher set 0: at least one matcher must not match the empty string';
  }
  if (isNoInstant(endsAt)) return 'invalid zero end timestamp';
  return endsAt.ms < startsAt.ms ? 'end time must not be before start time' : undefined;
}

interface PlainSilence {
  readonly matchers: readonly { readonly name: string; readonly type: MatchType; readonly value: string }[];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly updatedAt: Instant;
  readonly createdBy: string;
  readonly comment: string;
  readonly annotations: Readonly<Record<string, string>>;
}

function plainSilence(silence: Silence): PlainSilence {
  const { startsAt, endsAt, updatedAt, createdBy, comment } = silence;
  const matchers = silence.matchers.map(({ name, type, value }) => ({ name, type, value }));
  return {
    matchers,
    startsAt,
    endsAt,
    updatedAt,
    createdBy,
    comment,
    annotations: Object.fromEntries(silence.annotations),
  };
}

function readSilence(id: string, body: unknown): Silence | undefined {
  const plain = body as PlainSilence;
  try {
    const matchers = plain.matchers.map(({ type, name, value }) => new Matcher(type, name, value));
    const { startsAt, endsAt, updatedAt, createdBy, comment } = plain;
    if (typeof startsAt.ms !== 'number' || typeof endsAt.ms !== 'number') return undefined;
    return {
      id,
      matchers,
      startsAt,
      endsAt,
      updatedAt,
      createdBy,
      comment,
      annotations: new Map(Object.entries(plain.annotations)),
    };
  } catch {
    return undefined;
  }
}

/** A matcher as the API has it, and which of its silence it is. Throws a SilenceError. */
export function makeMatcher(at: number, given: PlainMatcher): Matcher {
  const { name, value, isRegex, isEqual } = given;
  try {
    // By itself first: what is wrong is said of what was given.
    if (isRegex) new Pattern(value);
    return new Matcher(isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=', name, value);
  } catch (error) {
    const place = `invalid label matcher ${at} in set 0`;
    throw new SilenceError(`invalid silence: ${place}: invalid regular expression "${value}": ${messageOf(error)}`);
  }
}

export interface PlainMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}
