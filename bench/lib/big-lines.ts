import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startSignalbox } from '../../test/lib/signalbox.ts';
import { quantilesOf, timedText } from './asked.ts';
import { ITEMS_PER_SECOND } from './big-spans.ts';
import { fetchCount } from './collectors.ts';
import { bytesOnDisk, evictFromMemory, keptData } from './kept-data.ts';
import { cpuSeconds } from './processes.ts';
import { type CaseResult, type Row, short } from './report.ts';
import { generated, LOG_LOAD, type StoredLoadResult, startGenerator, storeLoad } from './stored-load.ts';
import { startVictoriaLogs, victoriaLogsBinary } from './victoria-logs.ts';

const WARM_UPS = 1;
const REPEATS = 7;
const MINUTE_S = 60;

interface KeptLines {
  readonly startMs: number;
  readonly load: StoredLoadResult;
  /** Of `load.bytesPerItem`, those of indexes. */
  readonly indexBytesPerItem: number;
  /** Each stands in a line's text, and in few others. */
  readonly orders: readonly string[];
}

interface PeerLines {
  readonly cpuSeconds: number;
  readonly bytes: number;
}

/** The same asked of both; `found` is what both have to say alike. */
interface Question {
  readonly what: string;
  readonly path: (n: number) => string;
  readonly found: (answer: LokiAnswer) => number;
  readonly logsql: (n: number) => string;
  readonly foundByPeer: (rows: readonly Readonly<Record<string, string>>[]) => number;
}

interface LokiAnswer {
  readonly data: {
    readonly result: readonly { readonly value?: [number, string]; readonly values?: readonly [unknown, string][] }[];
  };
}

interface Answers {
  readonly coldMs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly found: readonly number[];
}

interface Answer {
  readonly ms: number;
  readonly found: number;
}

function failed(error: Error): Answer {
  console.error(`bench: ${error.message}`);
  return { ms: Number.POSITIVE_INFINITY, found: Number.NaN };
}

/** Who is asked. Without an answer it takes for ever, and nothing is found. */
interface Asked {
  ask(question: Question, n: number): Promise<Answer>;
  stop(): Promise<void>;
}

/** Everything that is asked of the lines, of us and of VictoriaLogs. */
export async function bigLines(parent: string, items: number): Promise<CaseResult> {
  const { folder, filled } = await keptData(parent, `lines-${items}`, { items }, (into) => fill(into, items));
  const questions = questionsOf(filled, items);
  const ours = await answersOf(folder, () => askSignalbox(folder), questions);
  const peer = await peerAnswers(parent, items, filled.startMs, questions);
  const raw = { load: filled.load, indexBytesPerItem: filled.indexBytesPerItem, ours, peer };
  const rows = questions.map(({ what }, i) => rowOf(`${what}, in ${short(items)} lines`, ours[i]!, peer?.answers[i]));
  return { raw, rows: [...rows, ...costRows(filled, peer?.filled, items)] };
}

async function fill(dataDir: string, items: number): Promise<KeptLines> {
  const signalbox = await startSignalbox({ dataDir });
  const samples = join(dataDir, 'samples.json');
  try {
    const startMs = Math.floor(Date.now() - (items / ITEMS_PER_SECOND) * 1000 - 120_000);
    const args = ['--items', String(items), '--start', String(startMs), '--samples', samples];
    const load = await storeLoad(signalbox, { ...LOG_LOAD, args });
    const indexBytes = await fetchCount(
      signalbox,
      `SELECT sum(secondary_indices_compressed_bytes) FROM system.parts WHERE active AND database = 'signalbox' AND table = 'logs'`,
    );
    const orders = (JSON.parse(readFileSync(samples, 'utf8')) as { orderId?: string }[]).flatMap(
      ({ orderId }) => orderId ?? [],
    );
    return { startMs, load, indexBytesPerItem: indexBytes / items, orders };
  } finally {
    rmSync(samples, { force: true });
    await signalbox.stop();
  }
}

/** The same lines, sent to VictoriaLogs; undefined where there is none. */
async function peerAnswers(
  parent: string,
  items: number,
  startMs: number,
  questions: readonly Question[],
): Promise<{ readonly filled: PeerLines; readonly answers: readonly Answers[] } | undefined> {
  const binary = victoriaLogsBinary();
  if (binary === undefined) return undefined;
  const { folder, filled } = await keptData(
    parent,
    `lines-victoria-logs-${items}`,
    { items, startMs },
    async (into) => {
      const used = await sendToVictoriaLogs(binary, into, items, startMs);
      // What it holds in memory is written when it stops.
      return { cpuSeconds: used, bytes: bytesOnDisk(into) };
    },
  );
  const answers = await answersOf(folder, () => askVictoriaLogs(binary, folder), questions);
  return { filled, answers };
}

/** Gives the CPU-seconds that it took, merges included. */
async function sendToVictoriaLogs(binary: string, folder: string, items: number, startMs: number): Promise<number> {
  const victoria = await startVictoriaLogs(binary, folder);
  try {
    const before = cpuSeconds(victoria.pid);
    const args = ['--url', victoria.otlpUrl, '--items', String(items), '--start', String(startMs)];
    await generated(startGenerator('logs', args));
    return (await victoria.settled()) - before;
  } finally {
    await victoria.stop();
  }
}

async function askSignalbox(dataDir: string): Promise<Asked> {
  const signalbox = await startSignalbox({ dataDir });
  return {
    async ask({ path, found }, n) {
      const { text, ms } = await timedText(`${signalbox.consoleUrl}${path(n)}`);
      return { ms, found: found(JSON.parse(text) as LokiAnswer) };
    },
    stop: () => signalbox.stop(),
  };
}

async function askVictoriaLogs(binary: string, folder: string): Promise<Asked> {
  const victoria = await startVictoriaLogs(binary, folder);
  return {
    async ask({ logsql, foundByPeer }, n) {
      const { rows, ms } = await victoria.ask(logsql(n));
      return { ms, found: foundByPeer(rows) };
    },
    stop: () => victoria.stop(),
  };
}

/** Each question cold, with a start for each, then all of them warm. */
async function answersOf(
  folder: string,
  begin: () => Promise<Asked>,
  questions: readonly Question[],
): Promise<readonly Answers[]> {
  const cold: number[] = [];
  for (const question of questions) {
    console.error(`bench: cold: ${question.what}`);
    evictFromMemory(folder);
    const asked = await begin();
    try {
      cold.push((await asked.ask(question, 0).catch(failed)).ms);
    } finally {
      await asked.stop();
    }
  }
  const asked = await begin();
  try {
    const answers: Answers[] = [];
    for (const [i, question] of questions.entries()) {
      console.error(`bench: warm: ${question.what}`);
      const all: Answer[] = [];
      for (let n = 0; n < WARM_UPS + REPEATS; n++) all.push(await asked.ask(question, n + 1).catch(failed));
      const measured = all.slice(WARM_UPS);
      answers.push({
        coldMs: cold[i]!,
        ...quantilesOf(measured.map(({ ms }) => ms)),
        found: measured.map(({ found }) => found),
      });
    }
    return answers;
  } finally {
    await asked.stop();
  }
}

/** Counts are over all of the lines; no two are asked of the same range. */
function questionsOf({ startMs, orders }: KeptLines, items: number): readonly Question[] {
  const fromS = Math.floor(startMs / 1000 / MINUTE_S) * MINUTE_S;
  const toS = (Math.ceil((startMs / 1000 + items / ITEMS_PER_SECOND) / MINUTE_S) + 1) * MINUTE_S;
  const all = '{service_name=~".+"}';
  const range = (query: string, n: number, more: string): string =>
    `/loki/api/v1/query_range?query=${encodeURIComponent(query)}&start=${fromS - n * MINUTE_S}&end=${toS}&${more}`;
  const counted = (what: string, pipeline: string, logsql: string): Question => ({
    what,
    path: (n) => {
      const query = `sum(count_over_time(${all} ${pipeline} [${toS - fromS + n * MINUTE_S}s]))`;
      return `/loki/api/v1/query?query=${encodeURIComponent(query)}&time=${toS}`;
    },
    found: ({ data }) => Number(data.result[0]?.value?.[1] ?? 0),
    logsql: () => `${logsql} | stats count() n`,
    foundByPeer: (rows) => Number(rows[0]?.['n'] ?? 0),
  });
  const orderAt = (n: number): string => orders[(n * 7919) % orders.length]!;
  const regex = 'order ord-[0-9]+7 of customer cust-1[0-9]+ accepted';
  return [
    {
      what: 'logs: lines with a text that few have (`|= "…"`, beside a substring filter)',
      path: (n) => range(`${all} |= "${orderAt(n)}"`, 0, 'limit=100'),
      found: ({ data }) => data.result.reduce((sum, { values }) => sum + (values?.length ?? 0), 0),
      logsql: (n) => `*"${orderAt(n)}"*`,
      foundByPeer: (rows) => rows.length,
    },
    {
      what: 'logs: count_over_time by level, a step a minute',
      path: (n) => range(`sum by (detected_level) (count_over_time(${all}[1m]))`, n, `step=${MINUTE_S}`),
      found: ({ data }) =>
        data.result.reduce((sum, { values }) => sum + (values ?? []).reduce((n, [, count]) => n + Number(count), 0), 0),
      logsql: () => '* | stats by (_time:1m, severity_text) count() n',
      foundByPeer: (rows) => rows.reduce((sum, row) => sum + Number(row['n']), 0),
    },
    counted(
      'logs: json and a filter, counted',
      '| json | msg="order accepted"',
      '* | unpack_json fields (msg) | filter msg:="order accepted"',
    ),
    counted('logs: regular expression, counted', `|~ "${regex}"`, `~"${regex}"`),
  ];
}

function rowOf(what: string, ours: Answers, peer: Answers | undefined): Row {
  const says = ({ coldMs, medianMs, p95Ms }: Answers): string =>
    `cold ${coldMs.toFixed(0)} ms; median ${medianMs.toFixed(0)}, p95 ${p95Ms.toFixed(0)} ms`;
  const isAlike = peer === undefined || ours.found.every((count, i) => count === peer.found[i]);
  return {
    what: what.replaceAll('|', '\\|'),
    goal: '≤ VictoriaLogs',
    measured: says(ours) + (isAlike ? '' : `; finds ${ours.found[0]} where VictoriaLogs finds ${peer!.found[0]}`),
    peer: peer === undefined ? 'not there' : `VictoriaLogs ${says(peer)}`,
    met: isAlike && peer !== undefined && ours.medianMs <= peer.medianMs && ours.coldMs <= peer.coldMs,
  };
}

function costRows({ load, indexBytesPerItem }: KeptLines, peer: PeerLines | undefined, items: number): readonly Row[] {
  const ofData = load.bytesPerItem - indexBytesPerItem;
  const perCpuSecond = load.items / load.cpuSeconds;
  return [
    {
      what: `bytes of a log line on disk, after ${short(items)}`,
      goal: '≤ 30 for the data, ≤ 45 with indexes',
      measured: `${ofData.toFixed(1)}; ${load.bytesPerItem.toFixed(1)} with indexes`,
      peer: peer === undefined ? 'not there' : `VictoriaLogs ${(peer.bytes / items).toFixed(1)}`,
      met: ofData <= 30 && load.bytesPerItem <= 45,
    },
    {
      what: 'log lines ingested a CPU-second, all processes, merges included',
      goal: '≥ 150 k',
      measured: short(perCpuSecond),
      peer: peer === undefined ? 'not there' : `VictoriaLogs ${short(items / peer.cpuSeconds)}`,
      met: perCpuSecond >= 150_000,
    },
  ];
}
