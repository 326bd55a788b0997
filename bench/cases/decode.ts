import { Batch } from '#pdata';
import { decodeTraces, encodeOtlp } from '#wire';
import { decodeMessages } from '../../src/wire/testing/otlp-reference.ts';
import { traceBody } from '../lib/otlp-bodies.ts';

/**
 * Spans per second on one core, of one decoder a process: `columns` (what every request pays), `columns+attributes` (with the table of
 * attributes built too), `changed` (every span’s name set, and all encoded again) or `protobufjs` (the reference). Fixed number of rounds;
 * prints one JSON line.
 */
const SPANS = 2000;
const ROUNDS = 12;
const BODIES_PER_ROUND = 60;

const decoder = process.argv[2] ?? 'columns';
const bodies = [0, 1, 2, 3].map((seed) => traceBody({ spanCount: SPANS, spansPerTrace: 10, seed }));
const bytesPerSpan = bodies[0]!.length / SPANS;

function decode(body: Uint8Array): number {
  if (decoder === 'protobufjs') return Object.keys(decodeMessages('traces', body)).length;
  const { chunk } = decodeTraces(body);
  if (decoder === 'columns') return chunk.count;
  if (decoder === 'changed') {
    const span = chunk.view();
    for (span.row = 0; span.row < chunk.count; span.row++) span.name = `${span.kind} ${span.row % 50}`;
    return encodeOtlp(new Batch('traces', [chunk])).length;
  }
  return chunk.rowAttributes.table.count;
}

let checksum = 0;
let bestSpansPerSecond = 0;
const all: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const startCpu = process.cpuUsage();
  for (let i = 0; i < BODIES_PER_ROUND; i++) checksum += decode(bodies[i % bodies.length]!);
  const used = process.cpuUsage(startCpu);
  const spansPerSecond = (SPANS * BODIES_PER_ROUND) / ((used.user + used.system) / 1e6);
  all.push(Math.round(spansPerSecond));
  bestSpansPerSecond = Math.max(bestSpansPerSecond, spansPerSecond);
}
all.sort((a, b) => a - b);
console.log(
  JSON.stringify({
    decoder,
    bytesPerSpan: Math.round(bytesPerSpan),
    best: Math.round(bestSpansPerSecond),
    median: all[all.length >> 1],
    worst: all[0],
    checksum,
  }),
);
