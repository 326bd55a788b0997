import { assert } from '#base';
import type { Consumer, Counter, CreateSettings, Processor } from '#component';
import type { Mistake } from '#component/ottl-config.ts';
import { type Condition, ConditionList, type Context, type ErrorMode, failureLog, type OnFailure } from '#ottl';
import { type Batch, type BatchContext, type Chunk, type PointChunk, type Signal, SpanChunk } from '#pdata';
import { compileFilter, type Matcher } from '../shared/match/match.ts';
import type { FilterConfig } from './config.ts';
import { compileConditions } from './groups.ts';
import { saysSomething } from './match-config.ts';

const COUNTED: Readonly<Record<Signal, string>> = { traces: 'spans', metrics: 'datapoints', logs: 'logs' };
/** From what holds the others to the others. */
const ORDER: readonly Context[] = ['resource', 'scope', 'metric', 'span', 'log', 'datapoint'];

/** Leaves out items for which a condition holds (otelcol-contrib processor/filterprocessor). */
export class FilterProcessor implements Processor {
  readonly mutatesData: boolean;
  readonly #next: Consumer;
  readonly #signal: Signal;
  readonly #account: CreateSettings['account'];
  readonly #filtered: Counter;
  readonly #lists: readonly ConditionList[];
  readonly #eventLists: readonly ConditionList[];
  /** What goes on, by each of them. */
  readonly #matchers: readonly Matcher[];

  constructor(settings: CreateSettings, config: FilterConfig, signal: Signal, next: Consumer) {
    this.#next = next;
    this.#signal = signal;
    this.#account = settings.account;
    const items = COUNTED[signal];
    this.#filtered = settings.meter.counter(
      `processor_filter_${items}_filtered`,
      { unit: `{${items}}`, description: `Number of ${items} dropped by the filter processor` },
      { filter: settings.id },
    );
    this.#matchers = matchersOf(config, signal);
    const lists = listsOf(settings, config, signal);
    this.#lists = ORDER.flatMap((context) => lists.filter((list) => list.context === context));
    this.#eventLists = lists.filter((list) => list.context === 'spanevent');
    this.mutatesData = this.#eventLists.length > 0;
  }

  async start(): Promise<void> {}

  async consume(batch: Batch, abort?: AbortSignal): Promise<void> {
    const chunks = batch.chunks.map((chunk) => this.#kept(chunk, batch.context));
    for (const list of [...this.#lists, ...this.#eventLists]) list.leave();
    const rest = batch.with(chunks);
    const left = batch.itemCount - rest.itemCount;
    if (rest.itemCount > 0) await this.#next.consume(rest, abort);
    this.#account.filtered(this.#signal, left, 'unwanted');
    this.#filtered.add(left);
  }

  async shutdown(): Promise<void> {}

  #kept(chunk: Chunk, sender: BatchContext): Chunk {
    let kept = chunk;
    if (this.#lists.length > 0) {
      const tests = this.#lists.map((list) => rowTest(list, chunk, sender));
      const rows = new Uint32Array(chunk.count);
      let count = 0;
      for (let i = 0; i < chunk.count; i++) {
        const row = chunk.rowAt(i);
        if (!isUnwanted(tests, row)) rows[count++] = row;
      }
      if (count < chunk.count) kept = chunk.select(rows.slice(0, count));
    }
    for (const matcher of this.#matchers) kept = matching(kept, matcher);
    if (kept instanceof SpanChunk) for (const list of this.#eventLists) removeEvents(list, kept, sender);
    return kept;
  }
}

function matchersOf({ matches }: FilterConfig, signal: Signal): Matcher[] {
  const { include = [], exclude = [] } = matches[signal] ?? {};
  return [
    ...include.filter(saysSomething).map((each) => compileFilter(each, undefined)!),
    ...exclude.filter(saysSomething).map((each) => compileFilter(undefined, each)!),
  ];
}

function matching(chunk: Chunk, matcher: Matcher): Chunk {
  const test = matcher(chunk);
  const rows = new Uint32Array(chunk.count);
  let count = 0;
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    if (test(row)) rows[count++] = row;
  }
  return count < chunk.count ? chunk.select(rows.slice(0, count)) : chunk;
}

type RowTest = (row: number) => boolean;

function isUnwanted(tests: readonly RowTest[], row: number): boolean {
  for (let i = 0; i < tests.length; i++) if (tests[i]!(row)) return true;
  return false;
}

function listsOf(settings: CreateSettings, config: FilterConfig, signal: Signal): ConditionList[] {
  const onFailure = failureLog(settings.logger, settings.clock);
  const mistakes: Mistake[] = [];
  const lists = config.groups[signal].flatMap((group) => {
    const conditions = compileConditions(group, signal, mistakes, () => settings.clock.nowMs());
    return listsByContext(conditions, group.errorMode ?? config.errorMode, onFailure);
  });
  assert(mistakes.length === 0, 'conditions that were checked are compiled');
  return lists;
}

function listsByContext(conditions: readonly Condition[], errorMode: ErrorMode, onFailure: OnFailure): ConditionList[] {
  const contexts = new Set(conditions.map((condition) => condition.context));
  return Array.from(contexts, (context) => {
    const own = conditions.filter((condition) => condition.context === context);
    return new ConditionList(own, errorMode, onFailure);
  });
}

/** Whether a list wants a row left out. What many rows share is asked once. */
function rowTest(list: ConditionList, chunk: Chunk, sender: BatchContext): RowTest {
  list.enter(chunk, sender);
  switch (list.context) {
    case 'resource':
      return once(chunk.resourceCount, list, (row) => chunk.resourceOf(row));
    case 'scope':
      return once(chunk.scopeCount, list, (row) => chunk.scopeOf(row));
    case 'metric': {
      const points = chunk as PointChunk;
      return once(points.metricCount, list, (row) => points.columns.metric[row]!);
    }
    default:
      return (row) => list.test(row);
  }
}

const NOT_ASKED = 2;

function once(count: number, list: ConditionList, ownerOf: (row: number) => number): RowTest {
  const answers = new Uint8Array(count).fill(NOT_ASKED);
  return (row) => {
    const owner = ownerOf(row);
    if (answers[owner] === NOT_ASKED) answers[owner] = list.test(owner) ? 1 : 0;
    return answers[owner] === 1;
  };
}

function removeEvents(list: ConditionList, chunk: SpanChunk, sender: BatchContext): void {
  list.enter(chunk, sender);
  const span = chunk.view();
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    if (chunk.columns.eventCount[row] === 0) continue;
    span.row = row;
    const unwanted: number[] = [];
    const { count } = span.events;
    for (let event = 0; event < count; event++) if (list.test(row, event)) unwanted.push(event);
    for (const event of unwanted.reverse()) span.events.remove(event);
  }
}
