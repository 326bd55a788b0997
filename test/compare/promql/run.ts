import { isDeepStrictEqual, parseArgs } from 'node:util';
import { freePort } from '#base/testing.ts';
import { startPrometheus } from '../../../bench/lib/prometheus.ts';
import { type ApiAnswer, judge } from './answers.ts';
import { broken } from './broken.ts';
import { dataSeries } from './data.ts';
import { type Asked, generated } from './generate.ts';
import { type KeptAnswers, writeKept } from './kept-answers.ts';
import { formatOurs, type Ours, type Plan, startOurs } from './ours.ts';
import { pushAll } from './push.ts';
import { askApi, askFormat, askQuery, FEATURES } from './real.ts';
import { apiRequests } from './requests.ts';

const USAGE = `node test/compare/promql/run.ts [--from N] [--count N] [--plans kept,sql,samples] [--kinds KINDS] [--slow] [--update]

The same samples into a real Prometheus and into ours, then the same questions to both: generated expressions from number N on, as many
broken ones, and requests to the API. Prints what differs; exit code 1 where anything does. --slow names expressions that take us more
than ten times as long, --update keeps what the real one answered, where ours is the same, for npm test. BENCH_PROMETHEUS names another
program than the one that is built.`;

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: '1000' },
    plans: { type: 'string', default: 'kept' },
    kinds: { type: 'string', default: 'requests,broken,expressions' },
    slow: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [from, count] = [Number(values.from), Number(values.count)];
const plans = values.plans.split(',') as Plan[];

class Comparison {
  readonly #realUrl: string;
  readonly #ours: Ours;
  readonly totals = new Map<string, number>();

  constructor(realUrl: string, ours: Ours) {
    this.#realUrl = realUrl;
    this.#ours = ours;
  }

  #count(what: string): void {
    this.totals.set(what, (this.totals.get(what) ?? 0) + 1);
  }

  /** Each expression by each way; gives those whose answers are the same, and the same each time. */
  async expressions(): Promise<KeptAnswers['expressions'][]> {
    const kept: KeptAnswers['expressions'][] = [];
    for (let seed = from; seed < from + count; seed++) {
      const asked = generated(seed, true);
      const beginMs = performance.now();
      const answer = await askQuery(this.#realUrl, asked);
      const realMs = performance.now() - beginMs;
      const verdicts: boolean[] = [];
      for (const plan of plans) verdicts.push(await this.#isSame(seed, asked, answer, { plan, realMs }));
      if (verdicts.every(Boolean) && isDeepStrictEqual(await askQuery(this.#realUrl, asked), answer))
        kept.push({ asked, answer });
    }
    return kept;
  }

  async #isSame(
    seed: number,
    asked: Asked,
    answer: ApiAnswer,
    { plan, realMs }: { readonly plan: Plan; readonly realMs: number },
  ): Promise<boolean> {
    const startedMs = performance.now();
    const got = await this.#ours.ask(asked, plan);
    const ourMs = performance.now() - startedMs;
    if (values.slow && ourMs > 10 * realMs && ourMs > 100)
      console.log(`slow: ${plan} ${ourMs.toFixed(0)} ms, real ${realMs.toFixed(0)} ms: ${asked.query}`);
    const isOrdered = asked.stepMs !== undefined || asked.query.startsWith('sort');
    let verdict = judge(answer, got, isOrdered);
    // A Prometheus goes through maps: ties, and which of several errors comes first, are another each time.
    for (let tries = 0; verdict.kind === 'different' && tries < 6; tries++)
      verdict = judge(await askQuery(this.#realUrl, asked), got, isOrdered);
    this.#count(`expressions, ${plan}: ${verdict.kind}`);
    if (verdict.kind === 'different') {
      const { startMs, endMs, stepMs } = asked;
      const when = stepMs === undefined ? `at ${endMs}` : `${startMs} to ${endMs} step ${stepMs}`;
      console.log(`#${seed} ${plan}, ${when}\n  ${asked.query}\n    ${verdict.why}`);
    }
    return verdict.kind !== 'different';
  }

  async broken(): Promise<KeptAnswers['broken'][]> {
    const kept: KeptAnswers['broken'][] = [];
    for (let seed = from; seed < from + count; seed++) {
      const query = broken(seed);
      const answer = await askFormat(this.#realUrl, query);
      const got = formatOurs(query);
      this.#count(`broken expressions: ${got === answer ? 'same' : 'different'}`);
      if (got === answer) kept.push({ query, answer });
      else console.log(`broken #${seed} ${JSON.stringify(query)}\n    real ${answer}\n    ours ${got}`);
    }
    return kept;
  }

  async requests(): Promise<KeptAnswers['requests'][]> {
    const kept: KeptAnswers['requests'][] = [];
    for (const asked of apiRequests()) {
      const [answer, got] = [await askApi(this.#realUrl, asked), await askApi(`${this.#ours.url}/prometheus`, asked)];
      const isSame = isDeepStrictEqual(got, answer);
      this.#count(`requests: ${isSame ? 'same' : 'different'}`);
      if (isSame) kept.push({ asked, answer });
      else {
        const text = (value: ApiAnswer): string => JSON.stringify(value).slice(0, 300);
        console.log(`${asked.method} ${asked.path} ${JSON.stringify(asked.parameters)}`);
        console.log(`    real ${text(answer)}\n    ours ${text(got)}`);
      }
    }
    return kept;
  }
}

/** So many answers are kept of each kind. */
const KEPT = { expressions: 500, broken: 1000 } as const;

function isEmpty({ body }: ApiAnswer): boolean {
  const { data } = body as { readonly data?: { readonly result?: unknown } };
  return Array.isArray(data?.result) && data.result.length === 0;
}

function keep<K extends keyof KeptAnswers>(kind: K, answers: readonly KeptAnswers[K][]): void {
  if (values.update) writeKept(kind, answers);
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const series = dataSeries();
  const real = await startPrometheus(await freePort(), { features: FEATURES });
  const ours = await startOurs(series);
  try {
    await pushAll(real.url, series);
    const comparison = new Comparison(real.url, ours);
    const kinds = values.kinds.split(',');
    if (kinds.includes('requests')) keep('requests', await comparison.requests());
    if (kinds.includes('broken')) keep('broken', (await comparison.broken()).slice(0, KEPT.broken));
    if (kinds.includes('expressions')) {
      const found = await comparison.expressions();
      keep('expressions', found.filter(({ answer }) => !isEmpty(answer)).slice(0, KEPT.expressions));
    }
    console.log(comparison.totals);
    return [...comparison.totals.keys()].some((what) => what.endsWith('different')) ? 1 : 0;
  } finally {
    await real.stop();
    await ours.close();
  }
}

process.exitCode = await main();
