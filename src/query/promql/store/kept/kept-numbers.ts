import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ReadOptions, ReusedMemory, type StoreReader } from '../../../reader/index.ts';
import { numberPoints } from '../../../source/index.ts';
import { type NumberReading, type NumberSeries, type NumberSlice, readNumbers } from '../number-series.ts';
import type { SeriesRow } from '../series.ts';
import {
  countIn,
  detailsIn,
  gapsOf,
  isOdd,
  keepSeries,
  noteRest,
  startIn,
  unpack,
  type WholeSeries,
} from './across.ts';
import { BLOCK_MS, blockOf, type KeptBlock, UNKNOWN } from './kept-block.ts';
import { type KeptMetric, type KeptSamples, keptSamples } from './kept-samples.ts';

/** Samples that are handed on at a time: no more than fit into a processor's memory beside it. */
const SLICE_SAMPLES = 50_000;
/** After so long others may have their turn. */
const TURN_MS = 8;

/** As `readNumbers`; what is kept is only read where the store has changed since. */
export async function* numbersOf(
  reader: StoreReader,
  reading: NumberReading,
  options: ReadOptions,
  kept: KeptSamples | undefined = keptSamples(reader, options),
): AsyncGenerator<NumberSlice> {
  if (kept === undefined || !isWorthKeeping(reading, kept)) {
    yield* readNumbers(reader, reading, options);
    return;
  }
  const rest: SeriesRow[] = [];
  for (const [metric, rows] of Map.groupBy(reading.rows, (row) => row.metric)) {
    const part = { ...reading, rows };
    if (isWorthKeeping(part, kept)) yield* keptNumbers(reader, metric, part, kept, options);
    else rest.push(...rows);
  }
  if (rest.length > 0) yield* readNumbers(reader, { ...reading, rows: rest }, options);
}

/** The share of these samples that need not be read, about, if nothing has changed since. */
export function keptShare(
  reader: StoreReader,
  reading: Pick<NumberReading, 'rows' | 'range'>,
  options: ReadOptions,
  kept: KeptSamples | undefined = keptSamples(reader, options),
): number {
  if (kept === undefined || !isWorthKeeping(reading, kept)) return 0;
  const { rows, range } = reading;
  let known = 0;
  let all = 0;
  const step = Math.max(1, Math.floor(rows.length / SHARE_ROWS));
  for (let i = 0; i < rows.length; i += step) {
    const metric = kept.peek(reader, numberPoints, rows[i]!.metric);
    const number = metric?.knownNumber(rows[i]!.id);
    for (let at = blockOf(range.fromMs); at < range.toMs; at += BLOCK_MS) {
      all++;
      if (number !== undefined && (metric?.blocks.get(at)?.placeOf(number) ?? UNKNOWN) !== UNKNOWN) known++;
    }
  }
  return all === 0 ? 0 : known / all;
}
const SHARE_ROWS = 32;

function isWorthKeeping(
  { rows, range, isDetailed = false }: Pick<NumberReading, 'rows' | 'range' | 'isDetailed'>,
  kept: KeptSamples,
): boolean {
  return !isDetailed && kept.isWorthIt(rows.length, range);
}

interface Wanted {
  readonly reading: NumberReading;
  readonly metric: KeptMetric;
  /** All of the range. */
  readonly blocks: readonly KeptBlock[];
}

/** Rows go on as soon as all their blocks are known. What is missing is read gap by gap; with the last one rows go on slice by slice. */
async function* keptNumbers(
  reader: StoreReader,
  name: string,
  reading: NumberReading,
  kept: KeptSamples,
  options: ReadOptions,
): AsyncGenerator<NumberSlice> {
  const metric = await kept.metric(reader, numberPoints, name, options);
  if (kept.refuses(metric)) {
    yield* readNumbers(reader, reading, options);
    return;
  }
  const { rows, range, selector, isWhole } = reading;
  const blocks = kept.blocks(metric, range);
  const wanted: Wanted = { reading, metric, blocks };
  const gaps = gapsOf(rows, metric, blocks);
  const waiting = new Set(gaps.flatMap((gap) => gap.rows));
  const memory = new ReusedMemory();
  try {
    const known = rows.filter((row) => !waiting.has(row));
    yield* handedOn(known, wanted, memory);
    for (const gap of gaps) {
      const isAll = isWhole && gap.rows.length === rows.length;
      const missing = { ...gap, selector, isWhole: isAll, needsStarts: true, isBrief: true };
      for await (const slice of readNumbers(reader, missing, options)) {
        for (const each of slice.found) keepSeries(wholeOf(each), metric.numberOf(each.row.id), gap.blocks);
        noteRest(slice.rows, metric, gap.blocks);
        if (kept.isTooMuch(metric, blocks)) {
          yield* readNumbers(
            reader,
            { ...reading, rows: [...waiting], isWhole: isWhole && waiting.size === rows.length },
            options,
          );
          return;
        }
        if (gap !== gaps.at(-1)) continue;
        for (const row of slice.rows) waiting.delete(row);
        yield* handedOn(slice.rows, wanted, memory);
      }
    }
    yield* handedOn([...waiting], wanted, memory);
  } finally {
    kept.settle(blocks);
  }
}

async function* handedOn(
  rows: readonly SeriesRow[],
  wanted: Wanted,
  memory: ReusedMemory,
): AsyncGenerator<NumberSlice> {
  const { metric, blocks, reading } = wanted;
  let turnMs = performance.now();
  for (let from = 0; from < rows.length; ) {
    let samples = 0;
    let to = from;
    for (; to < rows.length && samples < SLICE_SAMPLES; to++) samples += countIn(blocks, metric.numberOf(rows[to]!.id));
    memory.reset();
    yield unpacked(rows.slice(from, to), samples, wanted, reading.isBrief === true ? memory : undefined);
    from = to;
    if (performance.now() - turnMs < TURN_MS) continue;
    await nextTurn();
    turnMs = performance.now();
  }
}

/** With `memory` the samples lie in it. */
function unpacked(
  rows: readonly SeriesRow[],
  samples: number,
  { reading, metric, blocks }: Wanted,
  memory: ReusedMemory | undefined,
): NumberSlice {
  const doubles = (length: number): Float64Array => memory?.takeDoubles(length) ?? new Float64Array(length);
  const into = { timesMs: doubles(samples), values: doubles(samples) };
  const found: NumberSeries[] = [];
  const detailed: NumberSeries[] = [];
  const odd: SeriesRow[] = [];
  let begin = 0;
  for (const row of rows) {
    const number = metric.numberOf(row.id);
    const startMs = startIn(blocks, number);
    if (startMs === undefined) continue;
    if (startMs === 'odd') {
      const details = detailsIn(blocks, number, reading.range);
      if (details === undefined) odd.push(row);
      else if (isOdd(details)) (reading.needsStarts ? found : detailed).push(seriesOf(row, details));
      else if (details.timesMs.length > 0) found.push(seriesOf(row, details));
      continue;
    }
    const { from, to, end } = unpack(blocks, number, reading.range, into, begin);
    begin = end;
    if (from === to) continue;
    const startsMs = reading.needsStarts ? doubles(to - from).fill(startMs) : undefined;
    const floats = { timesMs: into.timesMs.subarray(from, to), values: into.values.subarray(from, to), startsMs };
    found.push({ row, floats, staleMs: undefined });
  }
  return { rows, found, detailed, odd };
}

/** As it was read with starts. */
function wholeOf({ floats, staleMs }: NumberSeries): WholeSeries {
  return { ...floats, startsMs: floats.startsMs!, staleMs };
}

function seriesOf(row: SeriesRow, { staleMs, ...floats }: WholeSeries): NumberSeries {
  return { row, floats, staleMs };
}
