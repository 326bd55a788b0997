/**
 * `npm run chaos`: kills, damaged segments and full disks under the load of SDK clients that retry, and then the books. The exit code says whether
 * nothing was lost without a word and nothing doubled.
 */
import { parseArgs } from 'node:util';
import { type ChaosReport, faultsOf, printReport } from './chaos.ts';
import { damagedSegments, fullDisks, kills, type PhaseOptions } from './phases.ts';

const HELP = `npm run chaos [-- FLAGS]

Kills processes of a whole Signalbox, damages its spool and fills its disk while SDK clients send all three signals, and compares what they
were told with what is stored. A full run takes about a quarter of an hour; full disks need root.

  --kills N      default 200
  --segments N   default 20
  --disks N      default 10
  --clients N    default 3
  --seed N       default: a new one, which is printed; the same seed gives the same blows (not the same moments)
  --minutes N    ends as failed after so long; default 40`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    segments: { type: 'string', default: '20' },
    disks: { type: 'string', default: '10' },
    clients: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '40' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const print = (line: string): void => console.log(line);
setTimeout(() => {
  print(`not done after ${values.minutes} minutes`);
  process.exit(1);
}, Number(values.minutes) * 60_000).unref();

const startMs = performance.now();
const seed = Number(values.seed);
const phases: readonly (readonly [string, string, (options: PhaseOptions) => Promise<ChaosReport | undefined>])[] = [
  ['kills', values.kills, kills],
  ['damaged segments', values.segments, damagedSegments],
  ['full disks', values.disks, fullDisks],
];
let passed = 0;
let failed = 0;
for (const [i, [name, count, run]] of phases.entries()) {
  if (Number(count) === 0) continue;
  print(`== ${count} ${name}, seed ${seed}`);
  const report = await run({ seed: seed + i, clients: Number(values.clients), count: Number(count), print });
  if (report === undefined) {
    print(`${name}: SKIPPED, a small disk can't be mounted here`);
    continue;
  }
  print(printReport(report));
  const faults = faultsOf(report);
  for (const fault of faults) print(`FAULT: ${fault}`);
  if (faults.length === 0) passed++;
  else failed++;
}
print(`${((performance.now() - startMs) / 60_000).toFixed(1)} minutes`);
print(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
