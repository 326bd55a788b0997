import { FNV64_OFFSET_HIGH, FNV64_OFFSET_LOW, fnv1a64Update } from '#base';
import { parsePrometheusDuration, printPrometheusDuration } from '#config';
import type { LabelPair } from './labels.ts';
import type { LabelMap, Relabeler } from './relabel.ts';
import type { ScrapeConfigEntry } from './scrape-config.ts';

/** Targets that were found together, with the labels that all of them have. */
export interface TargetGroup {
  /** Of each target. `__address__` is one of them. */
  readonly targets: readonly ReadonlyMap<string, string>[];
  readonly labels: ReadonlyMap<string, string>;
}

/** Something to scrape. */
export interface Target {
  /** Of its labels, its URL and how often it is asked: two with the same are one. */
  readonly key: string;
  /** Of its labels and URL alone. */
  readonly identity: string;
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Those that its samples get, sorted by name. */
  readonly labels: readonly LabelPair[];
  /** As it was found, before the relabelling: what is known of it for its resource. */
  readonly discovered: ReadonlyMap<string, string>;
}

/** Makes a target of labels that were found. Undefined where the relabelling has dropped it; throws where it can't be asked. */
export function makeTarget(
  found: ReadonlyMap<string, string>,
  group: ReadonlyMap<string, string>,
  job: ScrapeConfigEntry,
  relabeler: Relabeler,
): Target | undefined {
  const discovered: LabelMap = new Map([...found, ...[...group].filter(([name]) => !found.has(name))]);
  const defaults: [string, string][] = [
    ['job', job.jobName],
    ['__scrape_interval__', printPrometheusDuration(job.intervalMs)],
    ['__scrape_timeout__', printPrometheusDuration(job.timeoutMs)],
    ['__metrics_path__', job.metricsPath],
    ['__scheme__', job.scheme],
  ];
  for (const [name, value] of defaults) if (!discovered.get(name)) discovered.set(name, value);
  for (const [name, values] of job.params) {
    if (values.length > 0) discovered.set(`__param_${name}`, values[0]!);
  }
  const labels: LabelMap = new Map(discovered);
  for (const [name, value] of labels) if (value === '') labels.delete(name);
  if (!relabeler.apply(labels)) return undefined;
  const address = labels.get('__address__') ?? '';
  if (address === '') throw new Error('no address');
  if (address.includes('/')) throw new Error(`"${address}" is not a valid hostname`);
  const intervalMs = durationOf(labels, '__scrape_interval__', 'scrape interval');
  const timeoutMs = durationOf(labels, '__scrape_timeout__', 'scrape timeout');
  if (timeoutMs > intervalMs) throw new Error('scrape timeout cannot be greater than scrape interval');
  if (!labels.get('instance')) labels.set('instance', address);
  const url = urlOf(labels, job);
  const own = [...labels].filter(([name]) => !name.startsWith('__')).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    key: JSON.stringify([own, url, intervalMs, timeoutMs]),
    identity: JSON.stringify([own, url]),
    url,
    intervalMs,
    timeoutMs,
    labels: own,
    discovered,
  };
}

function durationOf(labels: LabelMap, name: string, what: string): number {
  const text = labels.get(name) ?? '';
  const ms = parsePrometheusDuration(text);
  if (ms === undefined) throw new Error(`error parsing ${what}: "${text}"`);
  if (ms === 0) throw new Error(`${what} cannot be 0`);
  return ms;
}

function urlOf(labels: LabelMap, job: ScrapeConfigEntry): string {
  const params = new URLSearchParams();
  for (const [name, values] of job.params) {
    values.forEach((value, i) => {
      params.append(name, i === 0 ? (labels.get(`__param_${name}`) ?? value) : value);
    });
  }
  for (const [name, value] of labels) {
    const param = name.startsWith('__param_') ? name.slice('__param_'.length) : '';
    if (param !== '' && !job.params.has(param)) params.append(param, value);
  }
  params.sort();
  const path = labels.get('__metrics_path__') ?? '';
  const query = params.toString();
  const url = `${labels.get('__scheme__')}://${labels.get('__address__')}${path.startsWith('/') ? '' : '/'}${path}`;
  return query === '' ? url : `${url}${path.includes('?') ? '&' : '?'}${query}`;
}

const encoder = new TextEncoder();

/** When a target is asked within its interval: always at the same point, and all of them spread over it. In milliseconds. */
export function offsetOf(target: Target, seed: string): number {
  const state = { high: FNV64_OFFSET_HIGH, low: FNV64_OFFSET_LOW };
  const bytes = encoder.encode(`${seed}\n${target.key}`);
  fnv1a64Update(state, bytes, 0, bytes.length);
  // The low bits of FNV are its good ones, and an interval has fewer than 2^32 of them.
  return ((state.low ^ state.high) >>> 0) % target.intervalMs;
}
