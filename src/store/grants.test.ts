/** The grants of `signalbox store grants`, held against what the store does: ClickHouse's own access control judges its statements. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { CalendarWatch, ManualClock } from '#base';
import { type EngineProcess, spawnEngine } from '#engine';
import { createStoreClient } from './client.ts';
import { type StoreEndpoint, storeEndpoint } from './endpoint.ts';
import { StoreKeeper } from './keeper.ts';
import { DEFAULT_RETENTION, prepareStore } from './migrate.ts';
import { CALENDAR_HOLDS_MS, RetentionSweeper } from './retention.ts';
import { SINGLE_MACHINE } from './schema/index.ts';
import { damagePart } from './testing/damage.ts';
import { type GrantedEngine, grantedEngine, grantsOf } from './testing/granted-engine.ts';
import { headersOf } from './testing/test-store.ts';
import { spanBatch, testWriter } from './testing/test-writer.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newEngine(): GrantedEngine {
  const made = grantedEngine();
  cleanups.push(() => made.close());
  return made;
}

const endpointOf = (engine: EngineProcess): StoreEndpoint =>
  storeEndpoint({ url: engine.address, database: 'signalbox', ...engine.access.signalbox });

async function ask(engine: EngineProcess, sql: string): Promise<string> {
  const answer = await fetch(engine.address, { method: 'POST', body: sql, headers: headersOf(engine) });
  const text = (await answer.text()).trimEnd();
  if (!answer.ok) throw new Error(text);
  return text;
}

async function writeSpans(engine: EngineProcess): Promise<string> {
  const spool = mkdtempSync(join(tmpdir(), 'signalbox-spool-'));
  cleanups.push(async () => rmSync(spool, { recursive: true, force: true }));
  const { writer } = testWriter(endpointOf(engine), spool);
  await writer.start();
  await writer.write(spanBatch(2000, 1));
  await expect.poll(() => ask(engine, 'SELECT count() FROM signalbox.spans'), { timeout: 60_000 }).toBe('2000');
  await writer.stop(5_000);
  return await ask(engine, "SELECT path FROM system.parts WHERE table = 'spans' AND active AND rows > 0 LIMIT 1");
}

async function setDamagedAside(engine: EngineProcess): Promise<number> {
  let damaged = 0;
  const observer = {
    log: () => undefined,
    damaged: (parts: number) => {
      damaged += parts;
    },
  };
  const options = { endpoint: endpointOf(engine), retention: DEFAULT_RETENTION, clock: new ManualClock(), observer };
  const keeper = new StoreKeeper(options);
  await keeper.round();
  await keeper.stop();
  return damaged;
}

/** Lets a day of points pass, with its series. */
async function sweep(engine: EngineProcess): Promise<readonly string[]> {
  const at = "toDateTime('2020-01-01 12:00:00', 'UTC')";
  await ask(engine, `INSERT INTO signalbox.metric_points (name, time, ingested_at) VALUES ('m', ${at}, ${at})`);
  const clock = new ManualClock(Date.UTC(2026, 10, 28));
  const watch = new CalendarWatch(clock, () => undefined);
  watch.start();
  const client = createStoreClient({ ...endpointOf(engine), readonly: false });
  const options = { client, database: 'signalbox', retention: DEFAULT_RETENTION, engines: SINGLE_MACHINE };
  const sweeper = new RetentionSweeper({ ...options, clock, watch });
  await clock.advance(CALENDAR_HOLDS_MS);
  try {
    return (await sweeper.sweep()).map(({ table }) => table);
  } finally {
    watch.stop();
    await client.close();
  }
}

test('what the writer is granted is enough for all that the store does', { timeout: 240_000 }, async () => {
  const engine = await newEngine().restart(grantsOf('signalbox'));
  await prepareStore({ endpoint: endpointOf(engine), retention: DEFAULT_RETENTION });
  await prepareStore({ endpoint: endpointOf(engine), retention: { ...DEFAULT_RETENTION, logs: 3600 } });
  damagePart(await writeSpans(engine), 'flipped bytes');
  for (const cache of ['MARK CACHE', 'UNCOMPRESSED CACHE']) await ask(engine, `SYSTEM CLEAR ${cache}`).catch(() => '');
  expect(await setDamagedAside(engine)).toBe(1);
  expect(await sweep(engine)).toEqual(['metric_points']);
  // And no more than its own database.
  for (const sql of [
    'CREATE DATABASE other',
    'DROP DATABASE signalbox',
    'CREATE TABLE default.t (a UInt8) ENGINE = Memory',
  ])
    await expect(ask(engine, sql)).rejects.toThrow('Not enough privileges');
});

test('without the rights to change tables the same statements are refused, so the engine judges', async () => {
  const granted = newEngine();
  const first = await granted.restart(grantsOf('signalbox'));
  await prepareStore({ endpoint: endpointOf(first), retention: DEFAULT_RETENTION });
  await ask(
    first,
    'INSERT INTO signalbox.logs (time, body, ingested_at) SELECT now64(9), toString(number), now64(9) FROM numbers(9)',
  );
  const part = await ask(first, "SELECT path FROM system.parts WHERE table = 'logs' AND active AND rows > 0");
  const engine = await granted.restart(['GRANT SELECT, INSERT ON signalbox.*']);
  damagePart(part, 'flipped bytes');
  await expect(setDamagedAside(engine)).rejects.toThrow(/CHECK ON signalbox\.logs/);
  await expect(sweep(engine)).rejects.toThrow(/ALTER DELETE ON signalbox\.metric_points/);
  const shorter = { ...DEFAULT_RETENTION, logs: 3600 };
  await expect(prepareStore({ endpoint: endpointOf(engine), retention: shorter })).rejects.toThrow(/CREATE DATABASE/);
});

test('what the reader is granted lets it read, and nothing else', async () => {
  const granted = newEngine();
  await prepareStore({
    endpoint: endpointOf(await granted.restart(grantsOf('signalbox'))),
    retention: DEFAULT_RETENTION,
  });
  // Asked as the user who may write, so that only the grants decide.
  const engine = await granted.restart(grantsOf('reader'));
  expect(await ask(engine, 'SELECT count() FROM signalbox.spans')).toBe('0');
  for (const sql of [
    'INSERT INTO signalbox.schema_migrations (version) SELECT 1',
    'ALTER TABLE signalbox.logs DELETE WHERE 1',
    'TRUNCATE TABLE signalbox.logs',
    'DROP TABLE signalbox.logs',
    'CREATE TABLE signalbox.t (a UInt8) ENGINE = MergeTree ORDER BY a',
    'CREATE DATABASE other',
  ])
    await expect(ask(engine, sql), sql).rejects.toThrow('Not enough privileges');
});

/** The sources of a layer, without tests. */
function sourcesOf(layer: string): readonly (readonly [path: string, text: string])[] {
  const folder = join(import.meta.dirname, '..', layer);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|(?:^|\/)testing\//.test(path))
    .map((path) => [`${layer}/${path}`, readFileSync(join(folder, path), 'utf8')]);
}

test.each([
  ['store', 'signalbox'],
  ['query', 'reader'],
] as const)('every system table that the statements of %s read is granted to %s', (layer, user) => {
  const granted = new Set(grantsOf(user).map((grant) => /^GRANT SELECT ON system\.(\w+)$/.exec(grant)?.[1]));
  const read = sourcesOf(layer).flatMap(([path, text]) =>
    [...text.matchAll(/\b(?:FROM|JOIN)\s+(?:\$\{storedTable\(')?system\.(\w+)/g)].map(([, table]) => ({ path, table })),
  );
  expect(read.length).toBeGreaterThan(3);
  expect(read.filter(({ table }) => !granted.has(table))).toEqual([]);
});

/** The privilege that each kind of statement needs (ClickHouse's InterpreterAlterQuery::getRequiredAccessForCommand and its like). */
const NEEDED: readonly (readonly [statement: RegExp, privilege: string])[] = [
  [/^SELECT\b/, 'SELECT'],
  [/^INSERT INTO\b/, 'INSERT'],
  [/^CREATE DATABASE\b/, 'CREATE DATABASE'],
  [/^CREATE TABLE\b/, 'CREATE TABLE'],
  [/^CREATE (?:OR REPLACE |MATERIALIZED )?VIEW\b/, 'CREATE VIEW'],
  [/^CHECK TABLE\b/, 'CHECK'],
  [/^OPTIMIZE TABLE\b/, 'OPTIMIZE'],
  [/^TRUNCATE TABLE\b/, 'TRUNCATE'],
  [/^DROP (?:TABLE|VIEW)\b/, 'DROP TABLE'],
  [/^ALTER TABLE \S+ (?:DROP PARTITION|DETACH PART(?:ITION)?|DELETE)\b/, 'ALTER DELETE'],
  [/^ALTER TABLE \S+ ATTACH PART(?:ITION)?\b/, 'INSERT'],
  [/^ALTER TABLE \S+ MODIFY COMMENT\b/, 'ALTER MODIFY COMMENT'],
  [/^ALTER TABLE \S+ (?:MODIFY|RESET) SETTING\b/, 'ALTER SETTINGS'],
  [/^ALTER TABLE \S+ (?:MODIFY|REMOVE) TTL\b/, 'ALTER TTL'],
  [/^ALTER TABLE \S+ ADD COLUMN\b/, 'ALTER ADD COLUMN'],
  [/^ALTER TABLE \S+ MODIFY COLUMN\b/, 'ALTER MODIFY COLUMN'],
  [/^ALTER TABLE \S+ DROP COLUMN\b/, 'ALTER DROP COLUMN'],
];

let held: ReadonlySet<string>;
beforeAll(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-grants-'));
  const engine = await spawnEngine({ dataDir });
  // A group of privileges holds those below it.
  const lines = (await ask(engine, 'SELECT privilege, parent_group FROM system.privileges FORMAT TSV')).split('\n');
  await engine.stop();
  rmSync(dataDir, { recursive: true, force: true });
  const own = grantsOf('signalbox').find((grant) => grant.endsWith('ON `signalbox`.*'))!;
  const all = new Set(/^GRANT (.*) ON/.exec(own)![1]!.split(', '));
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    for (const [privilege, group] of lines.map((line) => line.split('\t') as [string, string]))
      if (all.has(group)) all.add(privilege);
  }
  held = all;
});

test('every kind of statement in the sources of the store is granted to the writer', () => {
  const statements = sourcesOf('store').flatMap(([path, text]) =>
    // A template ends a placeholder by $: what it holds is a name, or a clause that needs no more rights.
    [
      ...text.matchAll(
        /[`'"]((?:SELECT|INSERT|CREATE|ALTER|CHECK|DROP|OPTIMIZE|TRUNCATE|SYSTEM|KILL|DELETE|RENAME|EXCHANGE|ATTACH|DETACH)\b[^`]*)/g,
      ),
    ].map(([, statement]) => ({
      path,
      statement: statement!.replace(/\$\{[^}]*\}|\{\w+\}/g, '$').replace(/\$+$/, '$'),
    })),
  );
  const kinds = statements.map(({ path, statement }) => {
    const privilege = NEEDED.find(([pattern]) => pattern.test(statement))?.[1];
    return { path, statement: statement.slice(0, 80), privilege };
  });
  expect(kinds.filter(({ privilege }) => privilege === undefined || !held.has(privilege))).toEqual([]);
  for (const found of ['ALTER DELETE', 'ALTER MODIFY COMMENT', 'CHECK', 'CREATE TABLE', 'INSERT'])
    expect(kinds.map(({ privilege }) => privilege)).toContain(found);
});

test('every engine of a table that the store makes is granted to the writer', () => {
  const made = sourcesOf('store').flatMap(([, text]) =>
    [...text.matchAll(/\b(?:ENGINE = |(?:mergeTree|aggregatingMergeTree): ')(\w+)/g)].map(([, engine]) => engine!),
  );
  expect(made).toContain('AggregatingMergeTree');
  for (const engine of made) expect(grantsOf('signalbox')).toContain(`GRANT TABLE ENGINE ON ${engine}`);
});
