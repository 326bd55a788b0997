import { randomBytes } from 'node:crypto';
import { globSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pace } from '#base/testing.ts';
import { TracesBuilder } from '#wire';
import { eventually, type RunningSignalbox, startSignalbox } from '../lib/signalbox.ts';

/**
 * Scenario: clients send spans, logs and points into the built-in configuration while the engine and the collector are killed with
 * SIGKILL, several times. Guarantees: what a client was told is accepted is in the store exactly once; what it was not told is in the
 * store at most once; and the supervisor brings everything back.
 */

const CLIENTS = 4;
const SPANS_PER_REQUEST = 50;
const KILLS = ['engine', 'collector', 'engine', 'collector', 'collector', 'engine'] as const;

let signalbox: RunningSignalbox;
beforeAll(async () => {
  signalbox = await startSignalbox();
});
afterAll(async () => {
  await signalbox?.stop();
});

interface Ledger {
  /** Span ids in hex that a client got an OK for. */
  readonly accepted: Set<string>;
  /** Span ids of requests that failed or got no answer. */
  readonly unsure: Set<string>;
}

function request(ids: readonly Uint8Array[]): Uint8Array {
  const traces = new TracesBuilder();
  const now = BigInt(Date.now()) * 1_000_000n;
  const group = traces.group({ resource: { 'service.name': 'chaos' } });
  for (const spanId of ids) {
    const attributes = { 'http.response.status_code': 200 };
    group.add({ traceId: randomBytes(16), spanId, name: 'kill', startNs: now, endNs: now + 1_000_000n, attributes });
  }
  return traces.body();
}

/** Sends until told to stop. A request that failed is not sent again, so that every id is sent once. */
async function client(ledger: Ledger, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const ids = Array.from({ length: SPANS_PER_REQUEST }, () => randomBytes(8));
    let accepted = false;
    try {
      const response = await fetch(`${signalbox.otlpUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: request(ids),
      });
      accepted = response.status === 200;
      await response.arrayBuffer();
    } catch {
      await pace(20);
    }
    for (const id of ids) (accepted ? ledger.accepted : ledger.unsure).add(id.toString('hex'));
  }
}

/** Waits for the role's process and for some accepted requests, so that each kill meets a working system under load. */
async function killUnderLoad(role: 'engine' | 'collector', ledger: Ledger): Promise<void> {
  const before = ledger.accepted.size;
  const pid = await eventually(`${role} runs`, () => Promise.resolve(signalbox.pidOf(role)));
  await eventually('requests are accepted', () =>
    Promise.resolve(ledger.accepted.size >= before + 20 * SPANS_PER_REQUEST || undefined),
  );
  process.kill(pid, 'SIGKILL');
  await eventually(`${role} runs again`, () => {
    const next = signalbox.pidOf(role);
    return Promise.resolve((next !== undefined && next !== pid) || undefined);
  });
}

test('kill -9 of engine and collector under load loses nothing that was acknowledged and doubles nothing', async () => {
  const ledger: Ledger = { accepted: new Set(), unsure: new Set() };
  let over = false;
  const clients = Array.from({ length: CLIENTS }, () => client(ledger, () => over));
  for (const role of KILLS) await killUnderLoad(role, ledger);
  const before = ledger.accepted.size;
  await eventually('requests are accepted after the last kill', () => ledger.accepted.size > before);
  over = true;
  await Promise.all(clients);

  const stored = await eventually(
    'everything accepted is stored',
    async () => {
      const isSpoolEmpty = globSync(`${signalbox.dataDir}/**/spool/*.seg`).length === 0;
      const rows = await signalbox.query(
        "SELECT lower(hex(span_id)), count() FROM signalbox.spans WHERE service_name = 'chaos' GROUP BY 1 FORMAT TSV",
      );
      const counts = new Map(rows.split('\n').map((row) => row.split('\t') as [string, string]));
      for (const id of ledger.accepted) if (!counts.has(id)) return undefined;
      // What still waits in the spool could be a second copy.
      return isSpoolEmpty && counts;
    },
    60_000,
  );
  expect(ledger.accepted.size).toBeGreaterThan(KILLS.length * 20 * SPANS_PER_REQUEST);
  expect([...stored].filter(([, count]) => count !== '1')).toEqual([]);
  expect([...stored.keys()].filter((id) => !ledger.accepted.has(id) && !ledger.unsure.has(id))).toEqual([]);
}, 240_000);
