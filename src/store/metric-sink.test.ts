import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress } from 'snappyjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import type { Batch } from '#pdata';
import { newRequestSeries, OwnSeries, OwnWriteReader } from '#wire';
import { writeRequestV1 } from '../wire/testing/remote-write.ts';
import { DocumentStore } from './documents.ts';
import { MEMBERS_KIND } from './fence.ts';
import { StoreSink } from './metric-sink.ts';
import { SpoolError } from './spool/segment-log.ts';
import { startEngineProxy } from './testing/engine-proxy.ts';
import { startTestStore, type TestStore } from './testing/test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
}, 120_000);
afterAll(() => store?.close());

let folder: string;
let dir: string;
const lines: string[] = [];
const open: StoreSink[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-sink-'));
  dir = join(folder, 'spool');
  lines.length = 0;
});
afterEach(async () => {
  for (const sink of open.splice(0)) await sink.close(0);
  rmSync(folder, { recursive: true, force: true });
});

function sinkOn(endpoint = store.endpoint, limitBytes?: number, member?: string): StoreSink {
  const sink = new StoreSink({
    endpoint,
    dir,
    ...(member !== undefined && { member }),
    ...(limitBytes !== undefined && { limitBytes }),
    log: (level, message) => lines.push(`${level}: ${message}`),
  });
  open.push(sink);
  return sink;
}

function batchOf(name: string, value: number): Batch {
  const series = newRequestSeries([
    ['__name__', name],
    ['job', 'a/b'],
    ['_under.dot', 'x'],
  ]);
  series.samples.push({ value, timestampMs: Date.now(), startMs: 0, isStale: false });
  return new OwnSeries([series]).batch();
}

async function valuesOf(name: string): Promise<string> {
  return store.text(`SELECT value FROM metric_points WHERE name = '${name}' ORDER BY value`);
}

/** Waits until the metric's values are these. */
async function stored(name: string, values: string): Promise<void> {
  await eventually(`${name} in the store`, async () => (await valuesOf(name)) === values);
}

const AWAY = { url: 'http://127.0.0.1:1', database: 'signalbox', username: 'default', password: '' };

describe('the sink of the server', () => {
  test('has no folder before the first batch, which then reaches the store', async () => {
    const sink = sinkOn();
    await sink.start();
    expect(existsSync(dir)).toBe(false);
    await sink.write(batchOf('first:batch', 1));
    expect(readdirSync(dir).length).toBeGreaterThan(0);
    await stored('first:batch', '1');
    await eventually('the count of it', () => sink.counts.stored === 1);
    expect(sink.counts).toEqual({ accepted: 1, refused: 0, stored: 1, rejected: 0, lost: 0 });
  });

  test('requests of remote write reach it whole, also where the series of known ones may not be there', async () => {
    let failures = 0;
    const proxy = await startEngineProxy(store.endpoint.url, (table) =>
      table === 'metric_series' && failures++ < 2
        ? { isPassedOn: false, answer: { status: 500, body: 'Code: 241. DB::Exception: no memory', code: 241 } }
        : undefined,
    );
    try {
      const sink = sinkOn({ ...store.endpoint, url: proxy.url });
      const reader = new OwnWriteReader();
      let known = 0;
      for (let step = 0; step < 20; step++) {
        const nowMs = Date.now();
        const series = Array.from({ length: 50 }, (_, i) => ({
          labels: { __name__: 'requested', i: String(i) },
          samples: [[step, nowMs] as const],
        }));
        const content = writeRequestV1(series);
        const nowSeconds = Math.floor(nowMs / 1000);
        const write = reader.read(1, content, { series: sink.series, nowSeconds });
        known += write.known?.count ?? 0;
        const body = new Uint8Array(compress(content));
        await sink.writeRequest(write, { version: 1, maxTimeMs: Number.MAX_SAFE_INTEGER, body });
        if (step % 5 === 4) await eventually('it is stored', () => sink.counts.stored === (step + 1) * 50);
      }
      expect(known).toBeGreaterThan(0);
      expect(failures).toBeGreaterThan(2);
      expect(sink.counts).toEqual({ accepted: 1000, refused: 0, stored: 1000, rejected: 0, lost: 0 });
      const counts = `SELECT count(), uniqExact(series_id), sum(value), countIf(series_id NOT IN (SELECT series_id FROM metric_series))
        FROM metric_points WHERE name = 'requested'`;
      expect(await store.text(counts)).toBe('1000\t50\t9500\t0');
    } finally {
      for (const sink of open.splice(0)) await sink.close(0);
      await proxy.close();
    }
  });

  test("keeps Prometheus' names and labels as they came, without those of a scope or resource", async () => {
    const sink = sinkOn();
    await sink.write(batchOf('as.it is', 1));
    const labels = "SELECT prometheus_name, labels FROM metric_series WHERE name = 'as.it is'";
    await eventually('the series', async () => (await store.text(labels)) !== '');
    expect(await store.text(labels)).toBe("as.it is\t['__name__=as.it is','_under.dot=x','job=a/b']");
  });

  test('what a store that is away did not take, the next one delivers at its start', async () => {
    const before = sinkOn(AWAY);
    await before.write(batchOf('left', 7));
    await before.close(0);
    expect(lines.join('\n')).toContain('pushed metrics wait in the spool');
    const after = sinkOn();
    await after.start();
    await stored('left', '7');
  });

  test('of a member stores until others leave it out, also what waited in the spool, and nothing after', async () => {
    const documents = new DocumentStore({ endpoint: store.endpoint, tenant: '', nowMs: Date.now });
    try {
      await documents.claim(MEMBERS_KIND, '000000000001', { members: ['aa', 'bb'] });
      const sink = sinkOn(store.endpoint, undefined, 'aa');
      await sink.write(batchOf('member', 1));
      await stored('member', '1');
      await sink.close(5000);
      const away = sinkOn(AWAY, undefined, 'aa');
      await away.write(batchOf('member', 2));
      await away.close(0);
      const back = sinkOn(store.endpoint, undefined, 'aa');
      await back.start();
      await stored('member', '1\n2');
      await documents.claim(MEMBERS_KIND, '000000000002', { members: ['bb'] });
      await back.write(batchOf('member', 3));
      await eventually('what came too late to be given up', async () => back.counts.rejected === 1 || undefined);
      expect(await valuesOf('member')).toBe('1\n2');
      expect(lines.join('\n')).toContain('another server has taken over');
      await back.close(5000);
      expect(readdirSync(dir).filter((name) => name.endsWith('.seg'))).toEqual([]);
    } finally {
      await documents.close();
    }
  });

  test('refuses where another process has the folder, and says how to mend that', async () => {
    const first = sinkOn();
    await first.write(batchOf('locked', 1));
    const second = sinkOn();
    const refused = await second.write(batchOf('locked', 2)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SpoolError);
    expect(String(refused)).toContain(dir);
    await first.close(5000);
    await second.write(batchOf('locked', 3));
    await stored('locked', '1\n3');
    expect(second.counts).toMatchObject({ accepted: 1, refused: 1 });
    expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });

  test('refuses what finds no room, and takes no more once it is closed', async () => {
    const sink = sinkOn(AWAY, 300);
    await sink.write(batchOf('room', 1));
    const full = await sink.write(batchOf('room', 2)).catch((error: unknown) => error);
    expect(full).toMatchObject({ name: 'SpoolError', reason: 'spool_full' });
    await sink.close(0);
    await expect(sink.write(batchOf('room', 3))).rejects.toThrow('the server stops');
    expect(sink.counts).toMatchObject({ accepted: 1, refused: 2 });
  });

  test('leaves the retention that others have noted', async () => {
    const before = await store.text(
      "SELECT comment FROM system.tables WHERE name = 'metric_points' AND database = 'signalbox'",
    );
    await store.query("ALTER TABLE signalbox.metric_points MODIFY COMMENT 'kept for 77 s'");
    const sink = sinkOn();
    await sink.write(batchOf('kept', 1));
    await stored('kept', '1');
    const comment = await store.text(
      "SELECT comment FROM system.tables WHERE name = 'metric_points' AND database = 'signalbox'",
    );
    expect(comment).toBe('kept for 77 s');
    await store.query(`ALTER TABLE signalbox.metric_points MODIFY COMMENT '${before}'`);
  });
});
