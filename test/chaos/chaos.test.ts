import { expect, test } from 'vitest';
import { type ChaosReport, faultsOf, printReport } from './chaos.ts';
import { Ledger } from './ledger.ts';
import { damagedSegments, fullDisks, kills } from './phases.ts';

/**
 * The short form of `npm run chaos`: SDK clients that retry send all three signals while processes are killed, segments of the spool damaged and
 * the disk is filled. Nothing is lost without a word, and nothing is stored more often than a client sent it.
 */

const SEED = 20_261_128;
const LIMIT_MS = 400_000;

test.each([
  { name: 'processes are killed', run: kills, count: 4 },
  { name: 'segments of the spool are damaged', run: damagedSegments, count: 1 },
  { name: 'the disk is filled', run: fullDisks, count: 1 },
])('the books are right after $name', { timeout: LIMIT_MS }, async ({ run, count }) => {
  const lines: string[] = [];
  const options = { seed: SEED, clients: 2, count, print: (line: string) => lines.push(line) };
  const report: ChaosReport | undefined = await run(options).catch((error: unknown) => {
    throw new Error(lines.join('\n'), { cause: error });
  });
  if (report === undefined) return console.warn('skipped: no small disk can be mounted');
  expect(faultsOf(report), `${lines.join('\n')}\n${printReport(report)}`).toEqual([]);
});

test('the books find what is missing, doubled and foreign, and know what was sent twice', () => {
  const ledger = new Ledger();
  ledger.add('traces', ['once', 'lost', 'twice'], 1, true);
  ledger.add('traces', ['again'], 2, true);
  ledger.add('traces', ['refused'], 1, false);
  const stored = new Map([
    ['once', 1],
    ['twice', 2],
    ['again', 2],
    ['stranger', 1],
  ]);
  const account = { acknowledged: 4, stored: 3, missing: 1, doubled: 1, sentTwice: 1, foreign: 1 };
  expect(ledger.settle('traces', stored)).toEqual(account);
  const whole = { acknowledged: 1, stored: 1, missing: 0, doubled: 0, sentTwice: 0, foreign: 0 };
  const report = { accounts: { traces: account, logs: whole, metrics: whole }, isMoreLost: false, filesAside: 0 };
  expect(faultsOf({ ...report, toldLost: 0 })).toHaveLength(3);
  expect(faultsOf({ ...report, toldLost: 1 })).toHaveLength(2);
});
