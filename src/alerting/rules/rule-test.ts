import { goNumber, ManualClock } from '#base';
import { GoDuration } from '#lang/go-template';
import { printPromDuration } from '#lang/promql';
import {
  compareLabels,
  DEFAULT_OPTIONS,
  Labels,
  MemorySource,
  printHistogram,
  readSequence,
  readSeries,
} from '#query/promql.ts';
import { ActiveGroup } from './active-group.ts';
import { RULE_DEFAULTS, type RuleContext } from './context.ts';
import { EngineRuleQueries } from './engine-queries.ts';
import type { VectorSample } from './queries.ts';
import type { RuleGroup } from './rule.ts';
import { parseRuleExpr } from './rule-expr.ts';
import type { AlertTest, ExpressionTest, RuleTest, RuleTestFile } from './rule-test-file.ts';
import { Turns } from './turns.ts';

/** Unit tests of rules, run as promtool runs them: series are loaded, rules evaluated step by step, alerts and results compared. */

const NEVER = new AbortController().signal;

/** What went another way than expected, in promtool's words. */
export async function runRuleTest(
  test: RuleTest,
  groups: readonly RuleGroup[],
  { evaluationIntervalMs, groupOrder, isFuzzy }: Pick<RuleTestFile, 'evaluationIntervalMs' | 'groupOrder' | 'isFuzzy'>,
): Promise<readonly string[]> {
  return new TestRun(test, ordered(groups, groupOrder), evaluationIntervalMs, isFuzzy).run();
}

/** Groups that the file names come in its order, and as Go's missing numbers are 0 all others among the first. */
function ordered(groups: readonly RuleGroup[], names: readonly string[]): readonly RuleGroup[] {
  const place = (group: RuleGroup): number => Math.max(0, names.indexOf(group.name));
  return [...groups].sort((a, b) => place(a) - place(b));
}

class TestRun {
  readonly #test: RuleTest;
  readonly #intervalMs: number;
  readonly #isFuzzy: boolean;
  readonly #source = new MemorySource();
  readonly #queries: EngineRuleQueries;
  readonly #groups: readonly ActiveGroup[];
  readonly #errors: string[] = [];
  /** Of each input series: how many of its values are loaded. */
  readonly #loaded: number[];

  constructor(test: RuleTest, groups: readonly RuleGroup[], intervalMs: number, isFuzzy: boolean) {
    this.#test = test;
    this.#intervalMs = intervalMs;
    this.#isFuzzy = isFuzzy;
    this.#loaded = test.series.map(() => 0);
    this.#queries = new EngineRuleQueries(
      { samples: () => this.#source },
      { ...DEFAULT_OPTIONS, subqueryStepMs: intervalMs },
    );
    const context = this.#context();
    this.#groups = groups.map((group) => new ActiveGroup(group, context, false));
  }

  async run(): Promise<readonly string[]> {
    const { startMs, alerts, expressions } = this.#test;
    const lastMs = Math.max(0, ...alerts.map(({ timeMs }) => timeMs), ...expressions.map(({ timeMs }) => timeMs));
    const pending = Array.from(new Set(alerts.map(({ timeMs }) => timeMs))).sort((a, b) => a - b);
    for (let offsetMs = 0; offsetMs <= lastMs; offsetMs += this.#intervalMs) {
      if (!(await this.#evaluate(startMs + offsetMs))) return this.#errors;
      while (pending.length > 0 && pending[0]! < offsetMs + this.#intervalMs) {
        const timeMs = pending.shift()!;
        for (const each of alerts) if (each.timeMs === timeMs) this.#checkAlerts(each);
      }
    }
    for (const each of expressions) await this.#checkExpression(each);
    return this.#errors;
  }

  /** False where a rule fails: nothing is compared then. */
  async #evaluate(timeMs: number): Promise<boolean> {
    this.#load(timeMs);
    const failed: string[] = [];
    for (const group of this.#groups) {
      await group.evaluate(timeMs);
      for (const { rule, health } of group.rules) {
        if (health.state === 'err')
          failed.push(`    rule: ${rule.name}, time: ${goDuration(timeMs)}, err: ${health.lastError}`);
      }
    }
    this.#errors.push(...failed);
    return failed.length === 0;
  }

  #load(untilMs: number): void {
    const { series, startMs, intervalMs } = this.#test;
    series.forEach(({ labels, values }, index) => {
      let next = this.#loaded[index]!;
      for (; next < values.length && startMs + next * intervalMs <= untilMs; next++)
        this.#source.add(labels, startMs + next * intervalMs, values[next]!);
      this.#loaded[index] = next;
    });
  }

  #checkAlerts({ timeMs, alertname, expected }: AlertTest): void {
    const rules = this.#groups.flatMap(({ alertingRules }) => alertingRules);
    const got = rules
      .filter(({ rule }) => rule.name === alertname)
      .flatMap(({ activeAlerts }) => activeAlerts.filter(({ state }) => state === 'firing'))
      .map(({ labels, annotations }) => ({ labels, annotations: Labels.of(annotations) }));
    const wanted = expected.map(({ labels, annotations }) => ({
      labels: Labels.of(new Map([...labels, ['alertname', alertname]])),
      annotations: Labels.of(annotations),
    }));
    const [gotText, wantedText] = [got, wanted].map((alerts) => printAlerts(alerts)) as [string, string];
    if (gotText === wantedText) return;
    const name = this.#test.name.startsWith('unnamed#') ? '' : `    name: ${this.#test.name},\n`;
    this.#errors.push(
      `${name}    alertname: ${alertname}, time: ${printPromDuration(timeMs)}, \n        exp:${indented(wantedText)}, \n        got:${indented(gotText)}`,
    );
  }

  async #checkExpression({ expr, timeMs, expected }: ExpressionTest): Promise<void> {
    const what = `    expr: ${JSON.stringify(expr)}, time: ${printPromDuration(timeMs)}`;
    let got: readonly VectorSample[];
    try {
      const parsed = parseRuleExpr(expr, 'promql');
      got = await this.#queries.instant(parsed, this.#test.startMs + timeMs, NEVER);
    } catch (error) {
      this.#errors.push(`${what}, err: ${(error as Error).message}`);
      return;
    }
    try {
      const wanted = expected.map(expectedSample).sort((a, b) => compareLabels(a.labels, b.labels));
      const sorted = [...got].sort((a, b) => compareLabels(a.labels, b.labels));
      const isSame = wanted.length === sorted.length && wanted.every((each, at) => this.#isSame(each, sorted[at]!));
      if (!isSame)
        this.#errors.push(`${what},\n        exp: ${printSamples(wanted)}\n        got: ${printSamples(sorted)}`);
    } catch (error) {
      this.#errors.push(`${what}, err: ${(error as Error).message}`);
    }
  }

  #isSame(wanted: VectorSample, got: VectorSample): boolean {
    if (wanted.labels.key !== got.labels.key) return false;
    if (wanted.histogram !== undefined || got.histogram !== undefined)
      return printedHistogram(wanted) === printedHistogram(got);
    if (wanted.value === got.value) return true;
    return this.#isFuzzy && (nextAfter(wanted.value, 1) === got.value || nextAfter(wanted.value, -1) === got.value);
  }

  #context(): RuleContext {
    const { intervalMs, externalLabels, externalUrl } = this.#test;
    return {
      ...RULE_DEFAULTS,
      clock: new ManualClock(0),
      queries: this.#queries,
      series: {
        append: async (samples) => {
          for (const { labels, timeMs, value, histogram, isStale } of samples) {
            if (isStale) this.#source.add(labels, timeMs, { kind: 'stale' });
            else if (histogram === undefined) this.#source.add(labels, timeMs, { kind: 'float', value });
            else this.#source.add(labels, timeMs, { kind: 'histogram', value: histogram, hasHint: true });
          }
        },
      },
      alerts: { send: () => undefined },
      intervalMs,
      externalLabels,
      externalUrl,
      turns: new Turns(1),
      catchUpTurns: new Turns(1),
      log: () => undefined,
    };
  }
}

function expectedSample({ labels, value, histogram }: ExpressionTest['expected'][number]): VectorSample {
  let set = Labels.NONE;
  try {
    if (labels.trim() !== '') set = readSeries(labels).labels;
    if (histogram === '') return { labels: set, value, histogram: undefined };
    const [first, ...others] = readSequence(histogram);
    if (others.length > 0) throw new Error(`expected 1 value, got ${others.length + 1}`);
    if (first?.kind !== 'histogram') throw new Error('expected histogram');
    return { labels: set, value: 0, histogram: first.value };
  } catch (error) {
    throw new Error(`labels ${JSON.stringify(labels)}: ${(error as Error).message}`);
  }
}

interface ShownAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
}

function printAlerts(alerts: readonly ShownAlert[]): string {
  if (alerts.length === 0) return '[]';
  const sorted = [...alerts].sort(
    (a, b) => compareLabels(a.labels, b.labels) || compareLabels(a.annotations, b.annotations),
  );
  const texts = sorted.map(({ labels, annotations }, at) => `${at}:\n  Labels:${labels}\n  Annotations:${annotations}`);
  return `[\n${texts.join(',\n')}\n]`;
}

function indented(text: string): string {
  return text.replaceAll('\n', `\n${' '.repeat(12)}`);
}

function printSamples(samples: readonly VectorSample[]): string {
  if (samples.length === 0) return 'nil';
  return samples
    .map(
      (sample) =>
        `${sample.labels} ${sample.histogram === undefined ? goFloat(sample.value) : printedHistogram(sample)}`,
    )
    .join(', ');
}

/** What the hint says counts, too. */
function printedHistogram({ histogram }: VectorSample): string {
  return histogram === undefined ? '' : `${printHistogram(histogram)} ${histogram.schema} ${histogram.hint}`;
}

/** As strconv.FormatFloat writes with the format E: `1E+00`. */
function goFloat(value: number): string {
  if (!Number.isFinite(value)) return goNumber(value);
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits}E${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function goDuration(ms: number): string {
  return new GoDuration(BigInt(Math.round(ms)) * 1_000_000n).String();
}

/** The next double above or below. */
function nextAfter(value: number, direction: 1 | -1): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return direction * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 === direction > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
