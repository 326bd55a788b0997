import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunningSignalbox, type StartOptions, startSignalbox } from '../../test/lib/signalbox.ts';
import { type Measured, measureAnswers, saysOf } from '../lib/asked.ts';
import { fetchCount } from '../lib/collectors.ts';
import { type BenchCase, type CaseResult, type Row, short } from '../lib/report.ts';
import { checkGenerator, storeLoad, TRACE_LOAD } from '../lib/stored-load.ts';

/**
 * How long a person waits for what a console asks of ten million spans: a trace by an id that nobody asked for, the newest traces of a service,
 * the page of services, and traces with an attribute that one span in 200,000 has. All through the API, one request after the other.
 *
 *   BENCH_DATA=folder   fills this data folder where it has fewer spans, and leaves it there; without it a folder of its own is filled and removed
 *   BENCH_SPANS=n       default 10000000
 *   BENCH_BESIDE=folder another checkout, with its node_modules, whose traces by id are measured in the same run, over a folder
 *                       of its own (BENCH_BESIDE_DATA, filled likewise)
 */
const SPANS = Number(process.env.BENCH_SPANS ?? 10_000_000);
const WARM_UPS = 40;
const LOOKUPS = 200;
const REPEATS = 20;

type Start = (options: StartOptions) => Promise<RunningSignalbox>;

/** A started Signalbox with the spans in its store. */
async function filled(startOne: Start, dataDir: string | undefined): Promise<RunningSignalbox> {
  const signalbox = await startOne(dataDir === undefined ? {} : { dataDir: resolve(dataDir) });
  const stored = await fetchCount(signalbox, 'SELECT count() FROM signalbox.spans').catch(() => 0);
  if (stored < SPANS) await storeLoad(signalbox, { ...TRACE_LOAD, args: ['--items', String(SPANS - stored)] });
  return signalbox;
}

/** Ids from anywhere in the store, other ones in each run. */
async function someTraceIds(signalbox: RunningSignalbox, count: number): Promise<readonly string[]> {
  const share = Math.max(1, Math.floor(SPANS / 10 / (count * 2)));
  const answer = await signalbox.query(
    `SELECT DISTINCT lower(hex(trace_id)) FROM signalbox.spans WHERE cityHash64(trace_id, ${Date.now()}) % ${share} = 0 LIMIT ${count}`,
  );
  return answer.split('\n');
}

async function tracesById(signalbox: RunningSignalbox, api: string): Promise<Measured> {
  const ids = await someTraceIds(signalbox, WARM_UPS + LOOKUPS);
  return measureAnswers(
    signalbox,
    ids.map((id) => `${api}/${id}`),
    WARM_UPS,
  );
}

async function measurePages(
  signalbox: RunningSignalbox,
): Promise<Readonly<Record<'newest' | 'services' | 'rare', Measured>>> {
  const [first, last] = (
    await signalbox.query(
      'SELECT toUnixTimestamp64Milli(min(time)), toUnixTimestamp64Milli(max(time)) FROM signalbox.spans',
    )
  ).split('\t');
  const services = (await signalbox.query('SELECT DISTINCT service_name FROM signalbox.spans ORDER BY 1')).split('\n');
  const range = (i: number): string => `from=${Number(first) - 1000 - i}&to=${Number(last) + 1000 + i}`;
  const repeated = (path: (i: number) => string): Promise<Measured> =>
    measureAnswers(
      signalbox,
      Array.from({ length: REPEATS + 2 }, (_, i) => `/api/console${path(i)}`),
      2,
    );
  const customer = (i: number): string => `cust-${String((Date.now() + i * 7919) % 100_000).padStart(5, '0')}`;
  return {
    newest: await repeated((i) => `/traces?${range(i)}&limit=20&service=${services[i % services.length]}`),
    services: await repeated((i) => `/services?${range(i)}`),
    rare: await repeated((i) => `/traces?${range(i)}&limit=20&q=${encodeURIComponent(`customer.id=${customer(i)}`)}`),
  };
}

async function besides(): Promise<Measured | undefined> {
  const checkout = process.env.BENCH_BESIDE;
  if (checkout === undefined) return undefined;
  const library = pathToFileURL(join(resolve(checkout), 'test/lib/signalbox.ts')).href;
  const other = (await import(library)) as { startSignalbox: Start };
  const signalbox = await filled(other.startSignalbox, process.env.BENCH_BESIDE_DATA);
  try {
    return await tracesById(signalbox, '/api/console/traces');
  } finally {
    await signalbox.stop();
  }
}

export const latenciesCase: BenchCase = {
  name: 'latencies',
  async run(): Promise<CaseResult> {
    checkGenerator();
    const signalbox = await filled(startSignalbox, process.env.BENCH_DATA);
    try {
      const byId = await tracesById(signalbox, '/api/console/traces');
      const ofJaeger = await tracesById(signalbox, '/api/traces');
      const pages = await measurePages(signalbox);
      const bytes = await fetchCount(
        signalbox,
        `SELECT sum(bytes_on_disk) / (SELECT count() FROM signalbox.spans) FROM system.parts
        WHERE active AND database = 'signalbox' AND table IN (${TRACE_LOAD.tables.map((table) => `'${table}'`).join(', ')})`,
      );
      const beside = await besides();
      return {
        raw: { spans: SPANS, byId, ofJaeger, ...pages, bytesPerSpan: bytes, beside },
        rows: rowsOf(byId, ofJaeger, pages, bytes, beside),
      };
    } finally {
      await signalbox.stop();
    }
  },
};

function rowsOf(
  byId: Measured,
  ofJaeger: Measured,
  pages: Awaited<ReturnType<typeof measurePages>>,
  bytesPerSpan: number,
  beside: Measured | undefined,
): readonly Row[] {
  const over = `over ${short(SPANS)} spans`;
  const page = (what: string, goalMs: number, measured: Measured): Row => {
    const met = measured.medianMs <= goalMs;
    return { what: `${what}, ${over}`, goal: `≤ ${goalMs} ms`, measured: saysOf(measured), peer: '', met };
  };
  const ratio = beside === undefined ? undefined : byId.medianMs / beside.medianMs;
  return [
    {
      what: `a trace by its id, ${over}`,
      goal: 'median ≤ 30, p95 ≤ 60 ms; ≤ 0.25x of the first schema',
      measured: saysOf(byId) + (ratio === undefined ? '' : `; ${ratio.toFixed(2)}x`),
      peer: beside === undefined ? `as Jaeger: ${saysOf(ofJaeger)}` : saysOf(beside),
      met: byId.medianMs <= 30 && byId.p95Ms <= 60 && (ratio ?? 0) <= 0.25,
    },
    page('the newest 20 traces of a service', 60, pages.newest),
    page('the page of services', 150, pages.services),
    page('the newest 20 traces with a rare attribute', 100, pages.rare),
    {
      what: 'a span on disk, all tables',
      goal: '≤ 42 bytes',
      measured: bytesPerSpan.toFixed(1),
      peer: '',
      met: bytesPerSpan <= 42,
    },
  ];
}
