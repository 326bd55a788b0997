import { decodersCase } from './cases/decoders.ts';
import { pipelineCase } from './cases/pipeline.ts';
import { freshnessCase, idleCase, storeCase } from './cases/store.ts';
import { tailSamplingCase } from './cases/tail-sampling.ts';
import { tracePageCase } from './cases/trace-page.ts';
import { buildOtelcol } from './lib/otelcol.ts';
import { type BenchCase, type Row, tableOf, writeRaw } from './lib/report.ts';

/**
 * `npm run bench [-- case …]`: runs the cases one after the other, keeps their raw output in bench/results/, and prints one table.
 * Figures of peers are taken in the same run, because only their ratio to ours is comparable on a shared machine.
 */
const CASES: readonly BenchCase[] = [
  decodersCase,
  pipelineCase,
  tailSamplingCase,
  storeCase,
  freshnessCase,
  idleCase,
  tracePageCase,
];
const NEEDS_OTELCOL = new Set(['pipeline', 'tail-sampling']);

const names = process.argv.slice(2);
const unknown = names.filter((name) => !CASES.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(`unknown case ${unknown.join(', ')}; there are ${CASES.map((one) => one.name).join(', ')}`);
  process.exit(1);
}
const chosen = names.length === 0 ? CASES : CASES.filter((one) => names.includes(one.name));
if (chosen.some((one) => NEEDS_OTELCOL.has(one.name))) buildOtelcol();

const rows: Row[] = [];
for (const one of chosen) {
  console.error(`bench: ${one.name} …`);
  const result = await one.run();
  writeRaw(one.name, result.raw);
  rows.push(...result.rows);
}
console.log(tableOf(rows));
