import { type Clock, fnv1a32, messageOf } from '#base';
import { FencedError, MEMBERS_KIND } from '#store';
import { SERVER_KIND, type SharedDocuments } from './documents.ts';

/**
 * Which server does what, where several share a store. They agree on lists of members: a list has a number, and of several who make the next one the store
 * takes the first. Each key (a group of rules, the notifications) belongs to one member of the last list, which all work out alike.
 *
 * A member's id is its token. It is good for nothing once a list is without it: the store refuses what is written with it (fence.ts of the store), and the
 * server itself stops when it has not been heard for LEASE_MS, which is before others may leave it out. An id never comes back.
 *
 * What changes hands does so in two steps. Who has the next list stops what is no longer its own and says so; when all members of the list have,
 * each begins what is new to it. Who says nothing is left out of the list after that.
 */

/** How often a server says that it is there. */
export const BEAT_MS = 2000;
/** Without a word for so long it is left out. */
export const LEASE_MS = 10_000;
/** It stops by itself so much earlier. */
const MARGIN_MS = 1000;
/** While something changes hands, or the store doesn't answer. */
const SOON_MS = 500;
/** A beat that takes longer has failed. */
const BEAT_LIMIT_MS = 8000;
/** So many beats in a row must fail before it counts as sure that the store is away, so that nobody can have taken over. */
const AWAY_FAILURES = 5;

interface MemberList {
  readonly number: number;
  readonly members: readonly string[];
}

/** What a server says of itself. */
interface ServerBody {
  /** Of the last list whose changes it has made. */
  readonly done: number;
  /** Where it runs, so that one on the same machine sees at once when it is gone. */
  readonly place: unknown;
}

export interface MembershipOptions {
  readonly clock: Clock;
  readonly documents: SharedDocuments;
  /** Gives ids of hexadecimal digits, each time another. */
  readonly newId: () => string;
  readonly place: unknown;
  /** Whether the process at that place has surely ended. */
  readonly isGone: (place: unknown) => boolean;
  /** What this server owns has changed: resolves when it has stopped what is no longer its own. It may be called again before. */
  readonly changed: () => Promise<void>;
  /** After each beat that the store took, with a list that has this server. */
  readonly beaten: () => Promise<void>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export class Membership {
  readonly #options: MembershipOptions;
  #id: string;
  #list: MemberList | undefined = undefined;
  /** Of the last list whose changes are made here. */
  #done = 0;
  /** All members of the list have made its changes. */
  #isReady = false;
  #validUntilMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #lastBeatMs = Number.NEGATIVE_INFINITY;
  /** Of each server: when its document was last seen to change. */
  readonly #seen = new Map<string, { readonly version: number; readonly atMs: number }>();
  #cancel: () => void = () => undefined;
  #beating: Promise<void> = Promise.resolve();
  #changing: Promise<void> = Promise.resolve();
  #isStopped = false;
  #saidFailure = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#id = options.newId();
  }

  /** The token of this server. Another one after it was left out. */
  get id(): string {
    return this.#id;
  }

  /** How many servers there are, this one included. */
  get memberCount(): number {
    return this.#list?.members.length ?? 0;
  }

  /** Whether a key belongs to this server. It need not have come to it yet. */
  owns(key: string): boolean {
    const { members = [] } = this.#list ?? {};
    return members.includes(this.#id) && ownerOf(key, members) === this.#id;
  }

  /** Whether it may begin what belongs to it: nobody else is at it any more. */
  mayBegin(key: string): boolean {
    return this.#isReady && this.isValid && this.owns(key);
  }

  /**
   * Whether this server may act at this moment as a member. Where the store is away for sure, so that nobody can have taken over, it goes on: rather told twice
   * than not at all.
   */
  get isValid(): boolean {
    if (this.#list === undefined) return false;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#validUntilMs) return true;
    return this.#failures >= AWAY_FAILURES && nowMs - this.#lastBeatMs < LEASE_MS;
  }

  /** Joins, and says from then on that it is there. Resolves with the first attempt, whatever became of it. */
  async start(): Promise<void> {
    await this.#next();
  }

  /** Leaves, so that others take over at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#beating;
    const { documents } = this.#options;
    const list = this.#list;
    this.#validUntilMs = Number.NEGATIVE_INFINITY;
    this.#failures = 0;
    this.#list = undefined;
    if (list === undefined) return;
    const others = list.members.filter((member) => member !== this.#id);
    await within(
      (async () => {
        await this.#propose(list.number + 1, others);
        await documents.putAll(SERVER_KIND, [{ key: this.#id, body: undefined }]);
      })(),
      this.#options.clock,
    ).catch(() => undefined);
  }

  async #next(): Promise<void> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    // Nothing is known of the time of a long sleep.
    if (startMs - this.#lastBeatMs > LEASE_MS) this.#failures = 0;
    this.#beating = within(this.#beat(startMs), clock).then(
      () => {
        this.#failures = 0;
        this.#saidFailure = false;
      },
      (error: unknown) => this.#failed(error),
    );
    await this.#beating;
    this.#lastBeatMs = clock.monotonicMs();
    if (this.#isStopped) return;
    const waitMs = this.#failures > 0 || !this.#isReady ? SOON_MS : BEAT_MS;
    this.#cancel = clock.after(waitMs, () => void this.#next());
  }

  #failed(error: unknown): void {
    if (error instanceof FencedError) {
      this.#leftOut();
      return;
    }
    this.#failures++;
    if (this.#failures < AWAY_FAILURES || this.#saidFailure) return;
    this.#saidFailure = true;
    this.#options.log('warn', `the store doesn't say which servers there are: ${messageOf(error)}`);
  }

  async #beat(startMs: number): Promise<void> {
    const { documents } = this.#options;
    await this.#say();
    const servers = await documents.list(SERVER_KIND);
    let list = await this.#last();
    const alive = this.#alive(servers);
    if (list === undefined || !isSame(list.members, alive)) {
      await this.#propose((list?.number ?? 0) + 1, alive);
      list = (await this.#last())!;
      await this.#forget(
        servers.filter(({ key }) => !alive.includes(key)).map(({ key }) => key),
        list,
      );
    }
    // Judged by when this began: whatever came later may have come much later.
    if (this.#isStopped) return;
    if (!list.members.includes(this.#id)) {
      if (this.#list !== undefined) this.#leftOut();
      return;
    }
    this.#validUntilMs = Math.max(this.#validUntilMs, startMs + LEASE_MS - MARGIN_MS);
    this.#adopt(list);
    if (!this.#isReady && this.#isDoneByAll(list, servers)) {
      this.#isReady = true;
      this.#change();
    }
    if (this.isValid) await this.#options.beaten();
  }

  async #say(): Promise<void> {
    const { documents, place } = this.#options;
    const body: ServerBody = { done: this.#done, place };
    // Who was a member once is none by saying so again.
    await documents.putAll(SERVER_KIND, [{ key: this.#id, body }], this.#list === undefined ? undefined : this.#id);
  }

  async #last(): Promise<MemberList | undefined> {
    const last = await this.#options.documents.last(MEMBERS_KIND);
    return last && { number: Number(last.key), members: (last.body as { members: readonly string[] }).members };
  }

  async #propose(number: number, members: readonly string[]): Promise<void> {
    const { documents } = this.#options;
    const key = keyOf(number);
    const isTaken = await documents.claim(MEMBERS_KIND, key, { members, by: this.#id });
    if (isTaken && number > LISTS_KEPT)
      await documents.putAll(MEMBERS_KIND, [{ key: keyOf(number - LISTS_KEPT), body: undefined }]);
  }

  async #forget(gone: readonly string[], list: MemberList): Promise<void> {
    const left = gone.filter((member) => !list.members.includes(member));
    for (const member of left) {
      this.#seen.delete(member);
      this.#options.log('info', `server ${member} is gone: the others share its work`);
    }
    const ends = left.map((key) => ({ key, body: undefined }));
    await this.#options.documents.putAll(SERVER_KIND, ends);
  }

  /** Ids of the servers that were heard of late, sorted. */
  #alive(servers: Awaited<ReturnType<SharedDocuments['list']>>): readonly string[] {
    const nowMs = this.#options.clock.monotonicMs();
    const alive = servers.filter(({ key, version, body }) => {
      if (key === this.#id) return true;
      const seen = this.#seen.get(key);
      if (seen === undefined || seen.version !== version) this.#seen.set(key, { version, atMs: nowMs });
      else if (nowMs - seen.atMs > LEASE_MS) return false;
      return !this.#options.isGone((body as ServerBody).place);
    });
    return alive.map(({ key }) => key).sort();
  }

  #adopt(list: MemberList): void {
    // A beat that was given up may still find an older one.
    if (this.#list !== undefined && list.number <= this.#list.number) return;
    this.#list = list;
    this.#isReady = false;
    this.#change(list.number);
  }

  /** `done`: the number of the list whose changes are made then. */
  #change(done?: number): void {
    // One after the other: the last one leaves what holds now.
    this.#changing = this.#changing
      .then(() => this.#options.changed())
      .then(() => {
        if (done !== undefined && this.#list?.number === done) this.#done = done;
      })
      .catch((error: unknown) => this.#options.log('error', `sharing rules with other servers: ${messageOf(error)}`));
  }

  #isDoneByAll({ number, members }: MemberList, servers: Awaited<ReturnType<SharedDocuments['list']>>): boolean {
    return members.every((member) => {
      if (member === this.#id) return this.#done >= number;
      const server = servers.find(({ key }) => key === member);
      return server !== undefined && (server.body as ServerBody).done >= number;
    });
  }

  /** Others did not hear of this server: it begins again as another. */
  #leftOut(): void {
    const { log, newId } = this.#options;
    log('warn', 'the other servers have not heard of this one in time: it stops what was its own, and joins again');
    this.#id = newId();
    this.#list = undefined;
    this.#done = 0;
    this.#isReady = false;
    this.#validUntilMs = Number.NEGATIVE_INFINITY;
    this.#seen.clear();
    this.#change();
  }
}

/** How many lists are kept: more than one, so that who reads meanwhile finds one. */
const LISTS_KEPT = 16;

/** Sorts as the number does. */
function keyOf(number: number): string {
  return String(number).padStart(12, '0');
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((member, at) => member === others[at]);
}

const ENCODER = new TextEncoder();

/** The member that a key belongs to: with another list most keys stay where they are (rendezvous hashing). */
export function ownerOf(key: string, members: readonly string[]): string | undefined {
  let owner: string | undefined;
  let highest = -1;
  for (const member of members) {
    const bytes = ENCODER.encode(`${member}/${key}`);
    const weight = mixed(fnv1a32(bytes, 0, bytes.length));
    if (weight > highest) [owner, highest] = [member, weight];
  }
  return owner;
}

/** The last bytes of a text change few bits of its FNV hash: murmur3's end spreads them. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function within<T>(work: Promise<T>, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(BEAT_LIMIT_MS, () => reject(new Error(`no answer within ${BEAT_LIMIT_MS / 1000} s`)));
    work.then(resolve, reject).finally(cancel);
  });
}
