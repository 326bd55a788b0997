import { type ConfigPlace, nearest } from '#base';
import { printPlace } from '#config';
import { type Item, itemTitle } from '#inspect';
import type { Drop, Output, Sample, TestCase } from './case-file.ts';
import type { CaseOutcome } from './case-run.ts';
import { type Difference, differences, type Expected, printExpected } from './expected.ts';

/** One thing that is not as a case expects. The lines below say how. */
export interface Failure {
  readonly place: ConfigPlace;
  readonly message: string;
  readonly details: readonly string[];
}

/** So many items are listed of each kind. */
const LIST_LIMIT = 10;

/** Compares what came of a case with what it expects; empty where all is as it should be. */
export function judge(one: TestCase, outcome: CaseOutcome): Failure[] {
  return [
    ...judgeRefusals(one, outcome),
    ...one.outputs.flatMap((output) => judgeOutput(output, outcome)),
    ...one.drops.flatMap((drop) => judgeDrop(drop, outcome)),
    ...one.samples.flatMap((sample) => judgeSample(sample, outcome)),
  ];
}

function judgeRefusals({ refused, place }: TestCase, { refusals }: CaseOutcome): Failure[] {
  if (refused === undefined) {
    if (refusals.length === 0) return [];
    return [{ place, message: 'what was given was refused', details: refusals.slice(0, LIST_LIMIT) }];
  }
  if (refusals.some((message) => message.includes(refused.text))) return [];
  const details = refusals.length === 0 ? ['nothing was refused'] : refusals.slice(0, LIST_LIMIT);
  return [{ place: refused.place, message: `expected a refusal with "${refused.text}"`, details }];
}

function judgeOutput(output: Output, outcome: CaseOutcome): Failure[] {
  const items = outcome.exported.get(output.exporter);
  const { exporter, place, mode, count } = output;
  if (items === undefined)
    return [unknown(place, `no pipeline has an exporter "${exporter}"`, exporter, [...outcome.exported.keys()])];
  const details = matchDetails(output, items, outcome);
  const isCountWrong = count !== undefined && count !== items.length;
  if (details.length === 0 && !isCountWrong) return [];
  const wanted = count ?? output.items.length;
  const least = mode === 'contains' && count === undefined ? 'at least ' : '';
  const message = `exporter ${exporter}: expected ${least}${plural(wanted)}, got ${items.length}`;
  if (details.length > 0) return [{ place, message, details }];
  return [{ place, message, details: [...listed('arrived', items), ...whereTheyWent(outcome)] }];
}

function matchDetails({ mode, items: wanted }: Output, items: readonly Item[], outcome: CaseOutcome): string[] {
  if (mode === 'contains' && wanted.length === 0) return [];
  const isExact = mode === 'exact';
  const assigned = assign(wanted, items, isExact);
  const spare = new Set(items.keys());
  for (const index of assigned) if (index !== undefined) spare.delete(index);
  const lines: string[] = [];
  wanted.forEach((one, index) => {
    if (assigned[index] !== undefined) return;
    lines.push(`missing (${printPlace(one.place)}): ${printExpected(one)}`);
    const near = nearestItem(one, spare, items, isExact);
    if (near !== undefined) {
      spare.delete(near.index);
      lines.push(
        `  nearest: ${itemTitle(items[near.index]!)}`,
        ...near.found.map((difference) => `    ${printDifference(difference)}`),
      );
    }
    const lost = outcome.leftOut.find(({ item }) => differences(one, item, false).length === 0);
    if (lost !== undefined) lines.push(`  one like it was left out by ${lost.by}${reasonsOf(lost.by, outcome)}`);
  });
  if (mode !== 'contains')
    lines.push(
      ...listed(
        'unexpected',
        [...spare].map((index) => items[index]!),
      ),
    );
  if (wanted.length > 0 && items.length === 0) lines.push(...whereTheyWent(outcome));
  return lines;
}

/** For each that is wanted an item of its own, where there is one: the largest matching that there is (Kuhn). */
function assign(wanted: readonly Expected[], items: readonly Item[], isExact: boolean): (number | undefined)[] {
  const fits = wanted.map((one) =>
    [...items.keys()].filter((index) => differences(one, items[index]!, isExact).length === 0),
  );
  const takenBy = new Map<number, number>();
  const take = (one: number, tried: Set<number>): boolean => {
    for (const index of fits[one]!) {
      if (tried.has(index)) continue;
      tried.add(index);
      const holder = takenBy.get(index);
      if (holder !== undefined && !take(holder, tried)) continue;
      takenBy.set(index, one);
      return true;
    }
    return false;
  };
  for (const one of wanted.keys()) take(one, new Set());
  const assigned = new Array<number | undefined>(wanted.length).fill(undefined);
  for (const [index, one] of takenBy) assigned[one] = index;
  return assigned;
}

function nearestItem(
  one: Expected,
  spare: ReadonlySet<number>,
  items: readonly Item[],
  isExact: boolean,
): { readonly index: number; readonly found: readonly Difference[] } | undefined {
  let best: { index: number; found: readonly Difference[] } | undefined;
  for (const index of spare) {
    const found = differences(one, items[index]!, isExact);
    if (best === undefined || found.length < best.found.length) best = { index, found };
  }
  return best;
}

function printDifference({ path, wanted, found }: Difference): string {
  return `${path}: expected ${wanted}, got ${found}`;
}

function judgeDrop(drop: Drop, outcome: CaseOutcome): Failure[] {
  const { by, place, reason, count, item } = drop;
  const known = outcome.processors;
  if (!known.includes(by)) return [unknown(place, `no pipeline has a processor "${by}"`, by, known)];
  const left = outcome.leftOut.filter((one) => one.by === by);
  const fitting = item === undefined ? left : left.filter((one) => differences(item, one.item, false).length === 0);
  const reasons = outcome.reports.filter((report) => report.by === by);
  const isReasonWrong = reason !== undefined && !reasons.some((report) => report.reason === reason);
  const isCountWrong = count === undefined ? fitting.length === 0 : fitting.length !== count;
  if (!isReasonWrong && !isCountWrong) return [];
  const what = item === undefined ? '' : ` (${printExpected(item)})`;
  const wanted = count === undefined ? 'at least 1 item' : plural(count);
  const message = isCountWrong
    ? `expected ${by} to leave out ${wanted}${what}, got ${fitting.length}`
    : `expected ${by} to leave items out as ${reason}${reasonsOf(by, outcome) || ', it gave no reason'}`;
  return [
    {
      place,
      message,
      details: [
        ...listed(
          'left out',
          left.map((one) => one.item),
        ),
        ...whereTheyWent(outcome),
      ],
    },
  ];
}

function judgeSample({ label, traceId, isKept, place }: Sample, outcome: CaseOutcome): Failure[] {
  const arrived = [...outcome.exported].filter(([, items]) => items.some((item) => item.fields.trace_id === traceId));
  if (arrived.length > 0 === isKept) return [];
  const left = outcome.leftOut.filter(({ item }) => item.fields.trace_id === traceId);
  const by = [...new Set(left.map((one) => one.by))];
  const details = isKept
    ? by.length === 0
      ? ['nothing of it was given']
      : by.map((id) => `left out by ${id}${reasonsOf(id, outcome)}`)
    : arrived.map(
        ([id, items]) => `${plural(items.filter((item) => item.fields.trace_id === traceId).length)} arrived at ${id}`,
      );
  return [
    {
      place,
      message: `trace ${label}: expected it to be ${isKept ? 'kept, it was dropped' : 'dropped, it was kept'}`,
      details,
    },
  ];
}

function reasonsOf(by: string, { reports }: CaseOutcome): string {
  const own = reports.filter((report) => report.by === by).map(({ reason, count }) => `${reason} ${count}`);
  return own.length === 0 ? '' : ` (${own.join(', ')})`;
}

/** What components left out: the first that one asks where something is missing. */
function whereTheyWent(outcome: CaseOutcome): string[] {
  return [...new Set(outcome.leftOut.map(({ by }) => by))].map((by) => {
    const count = outcome.leftOut.filter((one) => one.by === by).length;
    return `${by} left out ${plural(count)}${reasonsOf(by, outcome)}`;
  });
}

function listed(what: string, items: readonly Item[]): string[] {
  const lines = items.slice(0, LIST_LIMIT).map((item) => `${what}: ${itemTitle(item)}`);
  return items.length > LIST_LIMIT ? [...lines, `${what}: ${items.length - LIST_LIMIT} more`] : lines;
}

function unknown(place: ConfigPlace, message: string, id: string, known: readonly string[]): Failure {
  const near = nearest(id, known);
  const hint = near === undefined ? `there are: ${known.join(', ')}` : `did you mean "${near}"?`;
  return { place, message, details: [hint] };
}

function plural(count: number): string {
  return `${count} item${count === 1 ? '' : 's'}`;
}
