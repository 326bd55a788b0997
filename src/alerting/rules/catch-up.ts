import { quotePattern } from '#base';
import type { LabelMatcher } from '#lang/promql';
import type { Labels } from '#query/promql.ts';
import type { ActiveRecording } from './active-recording.ts';
import type { RuleQueries } from './queries.ts';
import { endOf, type RuleSample, type RuleSeriesSink } from './sink.ts';

/**
 * Recording rules record what they missed while no server evaluated their group, for the group's own times, the rules of each time in their
 * order. Alerts are not part of it: nobody is told of what is over. (Prometheus leaves a gap; its way to fill one is `promtool tsdb
 * create-blocks-from rules`.)
 */

export interface CatchUpSettings {
  readonly rules: readonly ActiveRecording[];
  /** The first time that was not missed, and what each of the rules found then. */
  readonly untilMs: number;
  readonly found: readonly ReadonlyMap<string, Labels>[];
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  readonly limit: number;
  /** A gap that began longer ago stays: the group begins anew, as alerts do. */
  readonly boundMs: number;
  /** When the group was last evaluated; undefined where only what the rules have recorded tells. */
  readonly lastTimeMs: number | undefined;
}

export interface CatchUpWorld {
  readonly queries: RuleQueries;
  /** The same for the rules of one time. */
  readonly together: () => RuleQueries;
  readonly series: RuleSeriesSink;
  readonly signal: AbortSignal;
  /** Waits until one evaluation of one rule may run. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Whether the group is still evaluated here. */
  readonly mayGoOn: () => boolean;
}

/** Gives how many evaluations of the group were made up for. Throws where a rule fails, or the store. */
export async function catchUp(settings: CatchUpSettings, world: CatchUpWorld): Promise<number> {
  const { rules, untilMs, intervalMs, boundMs, found } = settings;
  if (rules.length === 0) return 0;
  const before = await recordedBefore(settings, world);
  // Whoever had the group before may have gone on after it last said so.
  const lastMs = Math.max(settings.lastTimeMs ?? Number.NEGATIVE_INFINITY, before.lastMs ?? Number.NEGATIVE_INFINITY);
  if (lastMs === Number.NEGATIVE_INFINITY) return 0;
  const missed = untilMs - lastMs > boundMs ? 0 : Math.ceil((untilMs - lastMs) / intervalMs) - 1;
  let present = before.series;
  for (let count = missed; count > 0; count--) {
    const timeMs = untilMs - count * intervalMs;
    const queries = world.together();
    const next: ReadonlyMap<string, Labels>[] = [];
    for (const [at, rule] of rules.entries()) {
      if (!world.mayGoOn()) return missed - count;
      next.push(await world.run(() => recordAt(rule, { timeMs, queries, before: present[at]! }, settings, world)));
    }
    present = next;
  }
  if (missed > 0 && world.mayGoOn()) await writeEnds(present, found, untilMs, settings, world);
  return Math.max(0, missed);
}

interface MissedTime {
  readonly timeMs: number;
  readonly queries: RuleQueries;
  /** What the rule found the time before. */
  readonly before: ReadonlyMap<string, Labels>;
}

/** One rule at one time. Gives the series that it found. */
async function recordAt(
  rule: ActiveRecording,
  { timeMs, queries, before }: MissedTime,
  { queryOffsetMs, limit }: CatchUpSettings,
  { series, signal }: CatchUpWorld,
): Promise<ReadonlyMap<string, Labels>> {
  const samples = await rule.evaluate({ timeMs, queryOffsetMs, limit, signal, queries });
  const found = new Map(samples.map(({ labels }) => [labels.key, labels]));
  const ends = endsOf(before, found, timeMs - queryOffsetMs);
  if (samples.length + ends.length > 0) await series.append([...samples, ...ends]);
  return found;
}

/** What was there at the last time that was made up for, and no more when the group went on. */
async function writeEnds(
  present: readonly ReadonlyMap<string, Labels>[],
  found: readonly ReadonlyMap<string, Labels>[],
  timeMs: number,
  { queryOffsetMs }: CatchUpSettings,
  { series }: CatchUpWorld,
): Promise<void> {
  const ends = present.flatMap((before, at) => endsOf(before, found[at]!, timeMs - queryOffsetMs));
  if (ends.length > 0) await series.append(ends);
}

function endsOf(
  before: ReadonlyMap<string, Labels>,
  after: ReadonlyMap<string, Labels>,
  timeMs: number,
): readonly RuleSample[] {
  const gone = Array.from(before).filter(([key]) => !after.has(key));
  return gone.map(([, labels]) => endOf(labels, timeMs));
}

interface RecordedBefore {
  /** The group's time at which any of the rules last recorded; undefined where none did. */
  readonly lastMs: number | undefined;
  /** Of each rule, by their keys: the series that had not ended. */
  readonly series: readonly ReadonlyMap<string, Labels>[];
}

async function recordedBefore(
  { rules, untilMs, boundMs, queryOffsetMs }: CatchUpSettings,
  { queries, signal }: CatchUpWorld,
): Promise<RecordedBefore> {
  const names = new Set(rules.map(({ rule }) => rule.name));
  const matchers: readonly LabelMatcher[] = [
    { name: '__name__', operator: '=~', value: Array.from(names, quotePattern).join('|') },
  ];
  const toMs = untilMs - queryOffsetMs - 1;
  const stored = await queries.lastSamples(matchers, toMs - boundMs, toMs, signal);
  const series = rules.map(() => new Map<string, Labels>());
  let lastMs: number | undefined;
  for (const { labels, timeMs, isStale } of stored) {
    const at = rules.findIndex((rule) => isOf(rule, labels));
    if (at < 0) continue;
    lastMs = Math.max(lastMs ?? Number.NEGATIVE_INFINITY, timeMs + queryOffsetMs);
    if (!isStale) series[at]!.set(labels.key, labels);
  }
  return { lastMs, series };
}

/** By its name and the labels that the rule gives: others may record under the same name. */
function isOf({ rule, labels }: ActiveRecording, recorded: Labels): boolean {
  return recorded.metricName === rule.name && labels.pairs.every(([name, value]) => recorded.get(name) === value);
}
