import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#base/testing.ts';
import { encodeLabels, type WrittenSeries } from '#wire';
import { startSignalbox } from '../../test/lib/signalbox.ts';
import { cpuSeconds, processTree, sleep, waitFor } from '../lib/processes.ts';
import { hasPrometheus, startPrometheus } from '../lib/prometheus.ts';
import { writeSamples } from '../lib/remote-write-load.ts';
import { type BenchCase, type CaseResult, short } from '../lib/report.ts';

/**
 * 1,000 rules every 15 s over 10,000 counters that are written meanwhile, 100 series a rule; a Prometheus with the same file beside it, where
 * there is one. What they cost is what all processes take with the rules, less what they take of the writing alone.
 *
 *   BENCH_RULES_SECONDS=n   default 120: how long each of the two is looked at
 */
const SECONDS = Number(process.env.BENCH_RULES_SECONDS ?? 120);
const INTERVAL_MS = 15_000;
const SETTLE_MS = 30_000;
/** A `rate` over 5 minutes finds all that it asks for. */
const HISTORY_STEPS = 24;
const SERVICES = 20;
const INSTANCES = 20;
const ROUTES = 25;
const ROUTES_PER_RULE = 5;
const SERIES_PER_REQUEST = 2000;
const METRIC = 'bench_requests_total';

const seriesLabels = Array.from({ length: SERVICES * INSTANCES * ROUTES }, (_, series) =>
  encodeLabels([
    ['__name__', METRIC],
    ['instance', `i${Math.floor(series / SERVICES) % INSTANCES}`],
    ['job', 'bench'],
    ['route', `r${Math.floor(series / SERVICES / INSTANCES)}`],
    ['service', `s${series % SERVICES}`],
  ]),
);

/** 20 groups of 50: of each five routes of a service seven rules with a rate and three without, two of the ten record. */
export function ruleFile(): string {
  const groups = Array.from({ length: SERVICES }, (_, service) => {
    const rules = Array.from({ length: ROUTES / ROUTES_PER_RULE }, (__, part) => {
      const routes = Array.from({ length: ROUTES_PER_RULE }, (___, at) => `r${part * ROUTES_PER_RULE + at}`).join('|');
      const selector = `${METRIC}{service="s${service}", route=~"${routes}"}`;
      const rate = `rate(${selector}[5m])`;
      const exprs = [
        `sum by (route) (${rate})`,
        `max by (instance) (${rate})`,
        `sum by (route) (${rate}) < 0`,
        `avg by (instance) (${rate}) > 1e9`,
        `topk(3, ${rate}) > 1e9`,
        `quantile by (route) (0.9, ${rate}) > 1e9`,
        `${rate} > 1e9`,
        `max by (instance) (${selector}) < 0`,
        `count by (route) (${selector}) != 20`,
        `absent(${selector})`,
      ];
      return exprs.map((expr, at) =>
        at < 2
          ? `      - record: bench:requests:${at}\n        labels: { service: s${service}, part: "${part}" }\n        expr: '${expr}'`
          : `      - alert: Bench${part}_${at}\n        expr: '${expr}'\n        for: 1m`,
      );
    });
    return `  - name: s${service}\n    interval: 15s\n    rules:\n${rules.flat().join('\n')}`;
  });
  return `groups:\n${groups.join('\n')}\n`;
}

/** A program that takes samples and evaluates rules. */
interface Side {
  readonly url: string;
  /** Where it takes samples by remote write. */
  readonly writeUrl: string;
  readonly pid: number;
  /** Lets it read its rule file anew. */
  reload(): Promise<void>;
  /** Turns of groups that a slow one left no time for. */
  missed(): Promise<number>;
  stop(): Promise<void>;
}

interface Figures {
  /** CPU-seconds a second of all its processes. */
  readonly cores: number;
  readonly coresWithoutRules: number;
  readonly evaluated: number;
  readonly missed: number;
}

export const rulesCase: BenchCase = {
  name: 'rules',
  async run(): Promise<CaseResult> {
    const ours = await evaluatedBy(startOurs);
    const theirs = hasPrometheus() ? await evaluatedBy(startTheirs) : undefined;
    const cost = ({ cores, coresWithoutRules }: Figures): number => cores - coresWithoutRules;
    const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
    return {
      raw: { seconds: SECONDS, ours, theirs },
      rows: [
        {
          what: `1,000 rules every 15 s, 70 % a rate over 5 minutes, 100 of ${short(seriesLabels.length)} series each: of one core`,
          goal: '≤ 100 %, aim 30 %',
          measured: `${percent(cost(ours))}, beside ${percent(ours.coresWithoutRules)} for taking the samples`,
          peer:
            theirs === undefined
              ? ''
              : `Prometheus: ${percent(cost(theirs))}, beside ${percent(theirs.coresWithoutRules)}`,
          met: cost(ours) <= 1,
        },
        {
          what: 'evaluations of a group that came too late for',
          goal: '0',
          measured: `${ours.missed} groups' turns missed; ${ours.evaluated} rules evaluated`,
          peer: theirs === undefined ? '' : `Prometheus: ${theirs.missed}; ${theirs.evaluated}`,
          met: ours.missed === 0,
        },
      ],
    };
  },
};

async function evaluatedBy(startSide: (rules: string) => Promise<Side>): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-rules-'));
  const file = join(folder, 'rules.yml');
  writeFileSync(file, 'groups: []\n');
  const side = await startSide(file);
  const writing = new Writing(side.writeUrl);
  try {
    await writing.begin();
    // What the history leaves to merge is not of the writing.
    await sleep(SETTLE_MS);
    const coresWithoutRules = await coresOf(side.pid);
    writeFileSync(file, ruleFile());
    await side.reload();
    const rules = async (): Promise<readonly Rule[]> => await rulesOf(side.url);
    await waitFor('all rules to be evaluated', async () => (await rules()).every(wasEvaluated), 90_000);
    const cores = await coresOf(side.pid);
    const evaluated = (await rules()).filter(wasEvaluated).length;
    return { cores, coresWithoutRules, evaluated, missed: await side.missed() };
  } finally {
    writing.end();
    await side.stop();
    rmSync(folder, { recursive: true });
  }
}

async function startOurs(rules: string): Promise<Side> {
  const signalbox = await startSignalbox({ args: ['--rules', rules] });
  const url = signalbox.consoleUrl;
  return {
    url,
    writeUrl: `${url}/api/v1/write`,
    pid: signalbox.supervisorPid,
    // It sees by itself that the file is another.
    reload: async () => undefined,
    missed: () => missedOf(url),
    stop: () => signalbox.stop(),
  };
}

async function startTheirs(rules: string): Promise<Side> {
  const prometheus = await startPrometheus(await freePort(), { ruleFile: rules });
  return {
    url: prometheus.url,
    writeUrl: `${prometheus.url}/api/v1/write`,
    pid: prometheus.pid,
    reload: () => prometheus.reload(),
    missed: async () => {
      const text = await (await fetch(`${prometheus.url}/metrics`)).text();
      const counts = text.matchAll(/^prometheus_rule_group_iterations_missed_total\{.*\} (\S+)$/gm);
      return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
    },
    stop: () => prometheus.stop(),
  };
}

/** Samples of all series, first those of the past minutes, then each 15 s what a scrape would have found. */
class Writing {
  readonly #url: string;
  #step = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async begin(): Promise<void> {
    const nowMs = Date.now();
    for (let ago = HISTORY_STEPS; ago >= 0; ago--) await this.#write(nowMs - ago * INTERVAL_MS);
    this.#timer = setInterval(() => void this.#write(Date.now()), INTERVAL_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #write(timestampMs: number): Promise<void> {
    const step = this.#step++;
    for (let from = 0; from < seriesLabels.length; from += SERIES_PER_REQUEST) {
      const some = seriesLabels.slice(from, from + SERIES_PER_REQUEST).map(
        (labels, at): WrittenSeries => ({
          labels,
          samples: [{ value: step * (5 + ((from + at) % 11)), timestampMs, isStale: false }],
          histograms: [],
          exemplars: [],
          metadata: { family: METRIC, type: 1, help: '', unit: '' },
        }),
      );
      await writeSamples(this.#url, some);
    }
  }
}

async function coresOf(pid: number): Promise<number> {
  const used = (): number => processTree(pid).reduce((sum, each) => sum + cpuSeconds(each), 0);
  const before = used();
  const beginMs = performance.now();
  await sleep(SECONDS * 1000);
  return (used() - before) / ((performance.now() - beginMs) / 1000);
}

interface Rule {
  readonly health: string;
}

function wasEvaluated({ health }: Rule): boolean {
  return health === 'ok';
}

/** Throws as long as not all are there. */
async function rulesOf(url: string): Promise<readonly Rule[]> {
  const response = await fetch(`${url}/api/v1/rules?exclude_alerts=true`);
  const { data } = (await response.json()) as {
    readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  };
  const rules = data.groups.flatMap((group) => group.rules);
  if (rules.length !== SERVICES * (ROUTES / ROUTES_PER_RULE) * 10) throw new Error(`${rules.length} rules are there`);
  return rules;
}

async function missedOf(url: string): Promise<number> {
  const query = 'sum(signalbox_rule_group_iterations_missed_total{job="signalbox"})';
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await response.json()) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  const [found] = data.result;
  if (found === undefined) throw new Error('there is no count of missed turns');
  return Number(found.value[1]);
}
