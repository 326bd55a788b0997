import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningSignalbox, startSignalbox } from '../../test/lib/signalbox.ts';
import { type Measured, measureAnswers, saysOf, timedText } from './asked.ts';
import { fetchCount } from './collectors.ts';
import { evictFromMemory, keptData } from './kept-data.ts';
import { waitFor } from './processes.ts';
import { type CaseResult, type Row, short } from './report.ts';
import { type StoredLoadResult, storeLoad, TRACE_LOAD } from './stored-load.ts';

/** Of the generator: how dense the spans lie in their own time. */
export const ITEMS_PER_SECOND = 20_000;
const WARM_UPS = 2;
const REPEATS = 20;
const LOOKUPS = 200;
/** Minutes whose calls are counted one after the other. */
const COUNTED_LIMIT_MS = 3_600_000;
/** Background work on calls looks every 15 s for what there is to do. */
const QUIET_SECONDS = 60;

interface KeptSpans {
  readonly startMs: number;
  readonly load: StoredLoadResult;
  readonly traceIds: readonly string[];
}

interface Question {
  readonly what: string;
  readonly goalMs: number;
  /** The n-th: no two ask for the same, so that no answer is one of before. */
  readonly path: (n: number) => string;
  readonly repeats: number;
}

/** Everything that is asked of the spans. */
export async function bigSpans(parent: string, items: number): Promise<CaseResult> {
  const { folder, filled } = await keptData(parent, `spans-${items}`, { items }, (into) => fill(into, items));
  const endMs = filled.startMs + (items / ITEMS_PER_SECOND) * 1000;
  const questions = questionsOf(filled, endMs);
  const cold = new Map<string, number>();
  for (const { what, path } of questions) {
    console.error(`bench: cold: ${what}`);
    cold.set(what, await coldAnswer(folder, path(0)));
  }
  const signalbox = await startSignalbox({ dataDir: folder });
  try {
    const measured: { question: Question; coldMs: number; warm: Measured }[] = [];
    for (const question of questions) {
      console.error(`bench: warm: ${question.what}`);
      const paths = Array.from({ length: WARM_UPS + question.repeats }, (_, n) => question.path(n + 1));
      const warm = await measureAnswers(signalbox, paths, WARM_UPS);
      measured.push({ question, coldMs: cold.get(question.what)!, warm });
    }
    return {
      raw: { load: filled.load, answers: measured.map(({ question, ...rest }) => ({ what: question.what, ...rest })) },
      rows: measured.map(({ question, coldMs, warm }) => rowOf(question, coldMs, warm, items)),
    };
  } finally {
    await signalbox.stop();
  }
}

async function fill(dataDir: string, items: number): Promise<KeptSpans> {
  const signalbox = await startSignalbox({ dataDir });
  const samples = join(dataDir, 'samples.json');
  try {
    // It ends a while ago: what is newer than a minute is counted later.
    const startMs = Math.floor(Date.now() - (items / ITEMS_PER_SECOND) * 1000 - 120_000);
    const args = ['--items', String(items), '--start', String(startMs), '--samples', samples];
    const load = await storeLoad(signalbox, { ...TRACE_LOAD, args });
    await waitFor('all calls to be counted', () => areCallsCounted(signalbox), COUNTED_LIMIT_MS);
    const traceIds = (JSON.parse(readFileSync(samples, 'utf8')) as { traceId: string }[]).map(({ traceId }) => traceId);
    return { startMs, load, traceIds };
  } finally {
    rmSync(samples, { force: true });
    await signalbox.stop();
  }
}

/** Each minute that has spans was counted, and none again for a while. */
async function areCallsCounted(signalbox: RunningSignalbox): Promise<boolean> {
  const isDone = `SELECT (SELECT uniqExact(intDiv(second, 60)) FROM signalbox.request_slots) = uniqExact(slot)
    AND max(ingested_at) < now() - ${QUIET_SECONDS} FROM signalbox.call_slots`;
  return (await fetchCount(signalbox, isDone)) === 1;
}

function questionsOf({ startMs, traceIds }: KeptSpans, endMs: number): readonly Question[] {
  const seconds = (n: number): string => `start=${Math.floor(startMs / 1000) - n}&end=${Math.ceil(endMs / 1000) + n}`;
  const ms = (n: number): string => `from=${startMs - n}&to=${endMs + n}`;
  const traceql = (path: string, query: string): ((n: number) => string) => {
    return (n) => `/tempo/api/${path}?q=${encodeURIComponent(query)}&limit=20&${seconds(n)}`;
  };
  const search = (query: string, goalMs: number): Question => ({
    what: `TraceQL ${query}, limit 20`,
    goalMs,
    path: traceql('search', query),
    repeats: REPEATS,
  });
  const rate = '{ } | rate() by(resource.service.name)';
  const idAt = (n: number): string => traceIds[(n * 7919) % traceIds.length]!;
  return [
    search('{ resource.service.name="orders" && duration>1s }', 300),
    search('{ resource.service.name="gateway" } >> { status=error }', 1000),
    { what: `TraceQL ${rate}`, goalMs: 1000, path: traceql('metrics/query_range', rate), repeats: REPEATS },
    { what: 'a trace by its id', goalMs: 50, path: (n) => `/api/traces/${idAt(n)}`, repeats: LOOKUPS },
    { what: 'the map of services', goalMs: 1000, path: (n) => `/api/console/map?${ms(n)}`, repeats: REPEATS },
    { what: 'RED of all services', goalMs: 1000, path: (n) => `/api/console/services?${ms(n)}`, repeats: REPEATS },
  ];
}

/** How long the first answer of a program takes that was just started, from the disk; without one for ever. */
async function coldAnswer(folder: string, path: string): Promise<number> {
  evictFromMemory(folder);
  const signalbox = await startSignalbox({ dataDir: folder });
  try {
    return (await timedText(`${signalbox.consoleUrl}${path}`)).ms;
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return Number.POSITIVE_INFINITY;
  } finally {
    await signalbox.stop();
  }
}

function rowOf({ what, goalMs }: Question, coldMs: number, warm: Measured, items: number): Row {
  return {
    what: `${what.replaceAll('|', '\\|')}, over ${short(items)} spans`,
    goal: `p95 ≤ ${goalMs} ms`,
    measured: `cold ${coldMs.toFixed(0)} ms; ${saysOf(warm)}`,
    peer: '',
    met: warm.failures === 0 && warm.p95Ms <= goalMs,
  };
}
