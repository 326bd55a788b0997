import { describe, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { BEAT_MS, LEASE_MS, Membership, ownerOf } from './membership.ts';
import { MemorySharedDocuments } from './testing/memory-documents.ts';

/** Servers in simulated time, over one store in memory. */
class World {
  readonly clock: ManualClock = new ManualClock();
  readonly documents: MemorySharedDocuments = new MemorySharedDocuments(this.clock);
  readonly ended = new Set<unknown>();
  #ids = 0;

  async join(name: string, changed: (server: Membership) => Promise<void> = async () => undefined): Promise<Server> {
    const server: Server = new Server(this, name, changed);
    await this.clock.advance(0);
    void server.membership.start();
    await this.run(BEAT_MS);
    return server;
  }

  newId(): string {
    return (++this.#ids).toString(16).padStart(4, '0');
  }

  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await this.clock.advance(100);
      for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

class Server {
  readonly membership: Membership;
  readonly clock: PausableClock;

  constructor(world: World, name: string, changed: (server: Membership) => Promise<void>) {
    this.clock = new PausableClock(world.clock);
    this.membership = new Membership({
      clock: this.clock,
      documents: world.documents,
      newId: () => world.newId(),
      place: name,
      isGone: (place) => world.ended.has(place),
      changed: () => changed(this.membership),
      beaten: async () => undefined,
      log: () => undefined,
    });
  }

  keys(): readonly string[] {
    return KEYS.filter((key) => this.membership.mayBegin(key));
  }
}

/** Whose timers stand still while its process is paused. */
class PausableClock extends ManualClock {
  readonly #clock: ManualClock;
  #waiting: (() => void)[] = [];
  isPaused = false;

  constructor(clock: ManualClock) {
    super();
    this.#clock = clock;
  }
  override nowMs(): number {
    return this.#clock.nowMs();
  }
  override monotonicMs(): number {
    return this.#clock.monotonicMs();
  }
  override after(delayMs: number, callback: () => void): () => void {
    return this.#clock.after(delayMs, () => {
      if (this.isPaused) this.#waiting.push(callback);
      else callback();
    });
  }
  resume(): void {
    this.isPaused = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }
}

const KEYS = Array.from({ length: 40 }, (_, at) => `rules.yml;group ${at}`);

function expectShared(servers: readonly Server[]): void {
  const owned = servers.flatMap((server) => server.keys());
  expect(owned.toSorted()).toEqual(KEYS.toSorted());
}

describe('servers of one store', () => {
  test('one alone has everything; with a second each key has one owner, and both have some', async () => {
    const world = new World();
    const first = await world.join('one');
    expectShared([first]);
    const second = await world.join('two');
    await world.run(3 * BEAT_MS);
    expectShared([first, second]);
    for (const server of [first, second]) expect(server.keys().length).toBeGreaterThan(5);
  });

  test('what changes hands is begun when the one before has stopped', async () => {
    const world = new World();
    let stop: () => void = () => undefined;
    const first = await world.join('one', async (server) => {
      if (server.memberCount > 1) await new Promise<void>((resolve) => (stop = resolve));
    });
    const second = await world.join('two');
    await world.run(3 * BEAT_MS);
    expect(second.keys()).toEqual([]);
    stop();
    await world.run(2 * BEAT_MS);
    expectShared([first, second]);
  });

  test('one that is killed is left out when its lease is over, or at once where its end can be seen', async () => {
    const world = new World();
    const first = await world.join('one');
    for (const [name, waitMs] of [
      ['unseen', LEASE_MS + 3 * BEAT_MS],
      ['seen', 3 * BEAT_MS],
    ] as const) {
      const other = await world.join(name);
      await world.run(3 * BEAT_MS);
      expectShared([first, other]);
      other.clock.isPaused = true;
      if (name === 'seen') world.ended.add(name);
      await world.run(waitMs);
      expectShared([first]);
    }
  });

  test('one that was paused may do nothing from the first moment on, writes nothing, and comes back as another', async () => {
    const world = new World();
    const lost: string[] = [];
    const first = await world.join('one');
    const second = await world.join('two', async (server) => void lost.push(server.id));
    await world.run(3 * BEAT_MS);
    const { id } = second.membership;
    second.clock.isPaused = true;
    await world.run(LEASE_MS + 3 * BEAT_MS);
    expectShared([first]);
    expect(second.membership.isValid).toBe(false);
    await expect(world.documents.putAll('note', [{ key: 'x', body: {} }], id)).rejects.toThrow('no member');
    second.clock.resume();
    expect(second.keys()).toEqual([]);
    await world.run(4 * BEAT_MS);
    expect(second.membership.id).not.toBe(id);
    expect(lost.at(-1)).toBe(second.membership.id);
    expectShared([first, second]);
    await expect(world.documents.putAll('note', [{ key: 'x', body: {} }], id)).rejects.toThrow('no member');
  });

  test('one that leaves hands over at once', async () => {
    const world = new World();
    const first = await world.join('one');
    const second = await world.join('two');
    await world.run(3 * BEAT_MS);
    void second.membership.stop();
    await world.run(2 * BEAT_MS);
    expect(second.keys()).toEqual([]);
    expectShared([first]);
  });

  test('while the store is away for all, each goes on with its own, and nobody takes anything', async () => {
    const world = new World();
    const first = await world.join('one');
    const second = await world.join('two');
    await world.run(3 * BEAT_MS);
    const before = [first.keys(), second.keys()];
    world.documents.isAway = true;
    await world.run(4 * LEASE_MS);
    expect([first.keys(), second.keys()]).toEqual(before);
    // Not who could not ask because it was paused.
    second.clock.isPaused = true;
    await world.run(2 * LEASE_MS);
    second.clock.resume();
    expect(second.membership.isValid).toBe(false);
    world.documents.isAway = false;
    await world.run(LEASE_MS + 4 * BEAT_MS);
    expectShared([first, second]);
  });

  test('many who come at a time agree', async () => {
    const world = new World();
    const servers = [1, 2, 3, 4, 5].map((at) => new Server(world, String(at), async () => undefined));
    for (const { membership } of servers) void membership.start();
    await world.run(6 * BEAT_MS);
    expectShared(servers);
  });
});

test('with a member less only its keys move', () => {
  const members = ['0a', '0b', '0c'];
  const without = members.slice(1);
  const moved = KEYS.filter((key) => ownerOf(key, members) !== ownerOf(key, without));
  expect(moved.length).toBeGreaterThan(0);
  for (const key of moved) expect(ownerOf(key, members)).toBe('0a');
});
