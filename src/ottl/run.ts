import { ConsumeError } from '#base';
import type { BatchContext, Chunk, PointChunk, SpanChunk } from '#pdata';
import type { Context } from './contexts.ts';
import { Place } from './place.ts';
import type { Condition, Statement } from './statement.ts';
import { EvaluationError, type ValueMap } from './values.ts';

/** What happens when a statement or condition fails for an item: go on and log it, go on, or refuse the batch. */
export type ErrorMode = 'ignore' | 'silent' | 'propagate';

/** Is told of each failure. */
export type OnFailure = (text: string, message: string) => void;

const MOVES: Readonly<Record<Context, (at: Place, index: number, item: number) => void>> = {
  resource: (at, index) => at.atResource(index),
  scope: (at, index) => at.atScope(index),
  metric: (at, index) => at.atMetric(index),
  span: (at, row) => at.atSpan(row),
  log: (at, row) => at.atLog(row),
  datapoint: (at, row) => at.atPoint(row),
  spanevent: (at, row, item) => {
    at.atSpan(row);
    at.atItem(item);
  },
  exemplar: (at, row, item) => {
    at.atPoint(row);
    at.atItem(item);
  },
};

/** What conditions and statements of one context share: a place that is moved over the items of chunks. */
class Runner {
  readonly context: Context;
  protected readonly at: Place = new Place();
  readonly #move: (at: Place, index: number, item: number) => void;
  readonly #errorMode: ErrorMode;
  readonly #onFailure: OnFailure;

  constructor(context: Context, errorMode: ErrorMode, onFailure: OnFailure) {
    this.context = context;
    this.#move = MOVES[context];
    this.#errorMode = errorMode;
    this.#onFailure = onFailure;
  }

  /** Before any item of a chunk. `sharedCache`: one for all items. */
  enter(chunk: Chunk, sender?: BatchContext, sharedCache?: ValueMap): void {
    this.at.enter(chunk, sender);
    this.at.sharedCache = sharedCache;
  }

  /** After the last item: keeps nothing of the chunk. */
  leave(): void {
    this.at.leave();
  }

  protected moveTo(index: number, item: number): void {
    this.#move(this.at, index, item);
  }

  /** Anything but a failure of the statement itself is a bug, and goes on as one. */
  protected failed(text: string, error: unknown): void {
    if (!(error instanceof EvaluationError)) throw error;
    if (this.#errorMode === 'silent') return;
    if (this.#errorMode === 'ignore') {
      this.#onFailure(text, error.message);
      return;
    }
    throw new ConsumeError(`failed to run \`${text}\`: ${error.message}`, { permanent: true });
  }
}

/** Conditions of one context, of which one must hold. */
export class ConditionList extends Runner {
  readonly #conditions: readonly Condition[];

  constructor(conditions: readonly Condition[], errorMode: ErrorMode, onFailure: OnFailure) {
    super(conditions[0]!.context, errorMode, onFailure);
    this.#conditions = conditions;
  }

  /** `index`: a row, or a resource, scope or metric by its index; `item`: an event or exemplar of the row. */
  test(index: number, item = 0): boolean {
    const { at } = this;
    this.moveTo(index, item);
    for (let i = 0; i < this.#conditions.length; i++) {
      const condition = this.#conditions[i]!;
      try {
        if (condition.test(at)) return true;
      } catch (error) {
        this.failed(condition.text, error);
      }
    }
    return false;
  }
}

/** Statements of one context that run one after the other, on items for which one of the conditions holds. */
export class StatementList extends Runner {
  readonly #statements: readonly Statement[];
  readonly #conditions: ConditionList | undefined;

  constructor(
    context: Context,
    statements: readonly Statement[],
    conditions: readonly Condition[],
    errorMode: ErrorMode,
    onFailure: OnFailure,
  ) {
    super(context, errorMode, onFailure);
    this.#statements = statements;
    this.#conditions = conditions.length === 0 ? undefined : new ConditionList(conditions, errorMode, onFailure);
  }

  override enter(chunk: Chunk, sender?: BatchContext, sharedCache?: ValueMap): void {
    super.enter(chunk, sender, sharedCache);
    this.#conditions?.enter(chunk, sender, sharedCache);
  }

  override leave(): void {
    super.leave();
    this.#conditions?.leave();
  }

  run(index: number, item = 0): void {
    if (this.#conditions !== undefined && !this.#conditions.test(index, item)) return;
    const { at } = this;
    this.moveTo(index, item);
    for (let i = 0; i < this.#statements.length; i++) {
      const statement = this.#statements[i]!;
      try {
        statement.run(at);
      } catch (error) {
        this.failed(statement.text, error);
      }
    }
  }
}

/** Calls `visit` for each item of a context that has selected rows in the chunk, and for all where all rows are selected. */
export function eachItem(chunk: Chunk, context: Context, visit: (index: number, item: number) => void): void {
  switch (context) {
    case 'resource':
      eachOwner(chunk, chunk.resourceCount, (row) => chunk.resourceOf(row), visit);
      return;
    case 'scope':
      eachOwner(chunk, chunk.scopeCount, (row) => chunk.scopeOf(row), visit);
      return;
    case 'metric': {
      const points = chunk as PointChunk;
      eachOwner(points, points.metricCount, (row) => points.columns.metric[row]!, visit);
      return;
    }
    case 'spanevent':
      eachEvent(chunk as SpanChunk, visit);
      return;
    case 'exemplar':
      eachExemplar(chunk as PointChunk, visit);
      return;
    default:
      for (let i = 0; i < chunk.count; i++) visit(chunk.rowAt(i), 0);
  }
}

function eachOwner(
  chunk: Chunk,
  count: number,
  ownerOf: (row: number) => number,
  visit: (index: number, item: number) => void,
): void {
  if (chunk.rows === undefined) {
    for (let index = 0; index < count; index++) visit(index, 0);
    return;
  }
  const seen = new Uint8Array(count);
  for (let i = 0; i < chunk.count; i++) {
    const owner = ownerOf(chunk.rowAt(i));
    if (seen[owner] === 1) continue;
    seen[owner] = 1;
    visit(owner, 0);
  }
}

function eachEvent(chunk: SpanChunk, visit: (row: number, event: number) => void): void {
  const span = chunk.view();
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    if (chunk.columns.eventCount[row] === 0) continue;
    span.row = row;
    const { count } = span.events;
    for (let event = 0; event < count; event++) visit(row, event);
  }
}

function eachExemplar(chunk: PointChunk, visit: (row: number, exemplar: number) => void): void {
  const point = chunk.view();
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    point.row = row;
    const { count } = point.exemplars;
    for (let exemplar = 0; exemplar < count; exemplar++) visit(row, exemplar);
  }
}
