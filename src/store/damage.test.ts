import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { spawnEngine } from '#engine';
import { StoreKeeper } from './keeper.ts';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { type Damage, damageNewest, damagePart, newestPartOf } from './testing/damage.ts';
import { type InsertFate, startEngineProxy } from './testing/engine-proxy.ts';
import { headersOf, startTestStore, type TestStore } from './testing/test-store.ts';
import { gaugeBatch, spanBatch, type TestWriter, testWriter } from './testing/test-writer.ts';

let store: TestStore;
const cleanups: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  store = await startTestStore();
  // What a test damages must not be merged away before it is found.
  await store.text('SYSTEM STOP MERGES');
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await store.close();
});

interface TestKeeper {
  readonly keeper: StoreKeeper;
  readonly lines: string[];
  damaged: number;
}

function testKeeper(endpoint = store.endpoint): TestKeeper {
  const lines: string[] = [];
  const made: TestKeeper = {
    lines,
    damaged: 0,
    keeper: new StoreKeeper({
      endpoint,
      retention: DEFAULT_RETENTION,
      clock: new ManualClock(),
      observer: {
        log: (level, message) => lines.push(`${level}: ${message}`),
        damaged: (parts) => {
          made.damaged += parts;
        },
      },
    }),
  };
  cleanups.push(() => made.keeper.stop());
  return made;
}

const insertLogs = (service: string, count: number): Promise<string> =>
  store.text(
    `INSERT INTO signalbox.logs (time, body, service_name, ingested_at)
      SELECT now64(9), toString(number), '${service}', now64(9) FROM numbers(${count})`,
  );
const readAll = (): Promise<string> => store.text('SELECT count(), sum(ignore(*)) FROM signalbox.logs FORMAT TSV');

test.each<Damage>(['flipped bytes', 'empty marks', 'cut data'])(
  'a part with %s is set aside once it was read in vain, and queries go on without it',
  async (damage) => {
    await store.text('TRUNCATE TABLE signalbox.logs');
    const made = testKeeper();
    const { keeper, lines } = made;
    await keeper.round();
    const before = keeper.detachedParts;
    made.damaged = 0;
    lines.length = 0;
    await insertLogs('whole', 500);
    await insertLogs('damaged', 5000);
    const name = (await newestPartOf(store, 'logs')).split('/').at(-2)!;
    await damageNewest(store, 'logs', damage);
    await expect(readAll()).rejects.toThrow();
    await keeper.round();
    expect(await readAll()).toBe('500\t0');
    expect(keeper.detachedParts).toBe(before + 1);
    expect(lines.join('\n')).toContain(
      `error: part ${name} of signalbox.logs is damaged and was set aside, with 5000 rows`,
    );
    expect(lines.join('\n')).toContain(`ATTACH PART '${name}'`);
    expect(made.damaged).toBe(1);
  },
);

test('damage that nobody has read yet is found at the start', async () => {
  await store.text('TRUNCATE TABLE signalbox.logs');
  await insertLogs('damaged', 5000);
  await damageNewest(store, 'logs', 'flipped bytes');
  const made = testKeeper();
  await made.keeper.round();
  expect(made.damaged).toBe(1);
  expect(await readAll()).toBe('0\t0');
  // And it is said again at the next start, because it still lies there.
  const next = testKeeper();
  await next.keeper.round();
  expect(next.lines.join('\n')).toContain('lies aside');
  expect(next.keeper.detachedParts).toBeGreaterThan(0);
});

test('a part that the engine finds broken at its start is named, and its table opens', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-broken-'));
  cleanups.push(async () => rmSync(dataDir, { recursive: true, force: true }));
  let engine = await spawnEngine({ dataDir });
  cleanups.push(() => engine.stop());
  const ask = async (sql: string): Promise<string> =>
    (await (await fetch(engine.address, { method: 'POST', body: sql, headers: headersOf(engine) })).text()).trim();
  const endpoint = { ...store.endpoint, url: engine.address, ...engine.access.signalbox };
  await prepareStore({ endpoint, retention: DEFAULT_RETENTION });
  await ask("INSERT INTO signalbox.logs (time, body, ingested_at) SELECT now64(9), 'x', now64(9) FROM numbers(1000)");
  const path = await ask("SELECT path FROM system.parts WHERE database = 'signalbox' AND table = 'logs' AND active");
  await engine.stop('SIGKILL');
  damagePart(path, 'cut data');
  engine = await spawnEngine({ dataDir });
  const made = testKeeper({ ...endpoint, url: engine.address });
  await made.keeper.round();
  expect(await ask('SELECT count() FROM signalbox.logs')).toBe('0');
  expect(made.lines.join('\n')).toMatch(
    /warn: part broken-on-start_\S+ of signalbox\.logs lies aside \(broken-on-start\)/,
  );
  expect(made.damaged).toBe(1);
});

async function writerBehind(fate: (table: string, insert: number) => InsertFate | undefined): Promise<TestWriter> {
  const proxy = await startEngineProxy(store.endpoint.url, fate);
  cleanups.push(() => proxy.close());
  const spool = mkdtempSync(join(tmpdir(), 'signalbox-spool-'));
  cleanups.push(async () => rmSync(spool, { recursive: true, force: true }));
  const made = testWriter({ ...store.endpoint, url: proxy.url }, spool, { spool: { segmentAgeMs: 3_600_000 } });
  cleanups.push(() => made.writer.stop(5_000));
  await made.writer.start();
  return made;
}

const spansOf = (service: string): Promise<string> =>
  store.text(
    `SELECT count(), uniqExact(span_id), sum(ignore(*)) FROM signalbox.spans WHERE service_name = '${service}' FORMAT TSV`,
  );
const tracesMissing = (service: string): Promise<string> =>
  store.text(
    `SELECT uniqExact(trace_id) FROM signalbox.spans WHERE service_name = '${service}'
      AND trace_id NOT IN (SELECT trace_id FROM signalbox.traces)`,
  );
const FULL = {
  status: 500,
  code: 243,
  body: 'Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)',
};

test.each([
  { table: 'spans', answer: FULL },
  { table: 'traces', answer: FULL },
  { table: 'resources', answer: FULL },
  {
    table: 'spans',
    answer: { status: 500, code: 1001, body: 'Code: 1001. DB::Exception: std::exception. (STD_EXCEPTION)' },
  },
  { table: 'spans', answer: { status: 502, body: 'broken off' } },
])(
  'an insert into $table that left a part without marks and answered "$answer.body" is stored in the end',
  async (fault) => {
    const service = `doubtful ${fault.table} ${fault.answer.body}`;
    let isOver = false;
    const { writer, inserted, ...made } = await writerBehind((table) => {
      if (table !== fault.table || isOver) return undefined;
      isOver = true;
      return {
        isPassedOn: true,
        afterwards: () => damageNewest(store, table, 'empty marks'),
        answer: fault.answer,
      };
    });
    await writer.write(spanBatch(1850, 5_000_000, service));
    await writer.drain(40_000);
    expect(await spansOf(service)).toBe('1850\t1850\t0');
    expect(await tracesMissing(service)).toBe('0');
    expect(inserted.traces).toBe(1850);
    expect(made.damagedParts()).toBe(1);
    expect(writer.spoolBytes).toBe(0);
  },
);

test('what is answered with OK around a failure is not believed', async () => {
  const { writer } = await writerBehind((table, insert) => {
    if (insert === 1)
      return { isPassedOn: false, answer: { status: 500, body: 'Code: 999. DB::Exception: x', code: 999 } };
    // Of the next inserts, the first of spans disappears with an OK.
    if (table === 'spans' && insert <= 3) return { isPassedOn: false, answer: { status: 200, body: '' } };
    return undefined;
  });
  await writer.write(spanBatch(300, 7_000_000, 'not believed'));
  await writer.drain(40_000);
  expect(await spansOf('not believed')).toBe('300\t300\t0');
  expect(await tracesMissing('not believed')).toBe('0');
});

test('a resource that points name through their series is written again, should its insert have disappeared', async () => {
  let lost = 0;
  const { writer } = await writerBehind((table, insert) => {
    if (insert === 1)
      return { isPassedOn: false, answer: { status: 500, body: 'Code: 999. DB::Exception: x', code: 999 } };
    if (table !== 'resources' || lost++ > 0) return undefined;
    return { isPassedOn: false, answer: { status: 200, body: '' } };
  });
  await writer.write(gaugeBatch('named through series'));
  await writer.drain(40_000);
  expect(lost).toBeGreaterThan(1);
  const found = await store.text(
    `SELECT count() FROM signalbox.metric_points AS points
      INNER JOIN signalbox.metric_series AS series ON series.series_id = points.series_id
      INNER JOIN signalbox.resources AS resource ON resource.resource_id = series.resource_id
      WHERE resource.attributes.\`service.name\` = 'named through series'`,
  );
  expect(found).toBe('1');
});
