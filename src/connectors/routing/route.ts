import { ConditionList, type Context, type ErrorMode, eachItem, type OnFailure, StatementList } from '#ottl';
import type { BatchContext, Chunk, PointChunk, Signal } from '#pdata';
import { matchesRequest, type RequestCondition } from './request-condition.ts';
import type { Rule } from './rule.ts';

/** Which rows of a chunk take a route, in ascending order. What is to be changed of them is changed. */
export type RowsOf = (chunk: Chunk, sender: BatchContext) => Uint32Array;

/** The contexts that items of a signal are asked in. */
export const SIGNAL_CONTEXTS: Readonly<Record<Signal, readonly Context[]>> = {
  traces: ['resource', 'span'],
  metrics: ['resource', 'metric', 'datapoint'],
  logs: ['resource', 'log'],
};

/** All rows of a batch, or none. */
export function requestRows(condition: RequestCondition): RowsOf {
  return (chunk, sender) => (matchesRequest(condition, sender) ? allRows(chunk) : NO_ROWS);
}

const NO_ROWS = new Uint32Array(0);

function allRows(chunk: Chunk): Uint32Array {
  return chunk.rows ?? Uint32Array.from({ length: chunk.count }, (_, row) => row);
}

export function ruleRows(rule: Rule, errorMode: ErrorMode, onFailure: OnFailure): RowsOf {
  const { context, condition, statement } = rule;
  const conditions = condition && new ConditionList([condition], errorMode, onFailure);
  const edit = statement && new StatementList(context, [statement], [], errorMode, onFailure);
  return (chunk, sender) => {
    conditions?.enter(chunk, sender);
    edit?.enter(chunk, sender);
    try {
      const ownerOf = ownersOf(chunk, context);
      const isTaken = new Uint8Array(ownerOf === undefined ? chunk.rowCount : ownerCount(chunk, context));
      eachItem(chunk, context, (index) => {
        if (conditions !== undefined && !conditions.test(index)) return;
        isTaken[index] = 1;
        edit?.run(index);
      });
      const rows = new Uint32Array(chunk.count);
      let count = 0;
      for (let i = 0; i < chunk.count; i++) {
        const row = chunk.rowAt(i);
        if (isTaken[ownerOf === undefined ? row : ownerOf(row)] === 1) rows[count++] = row;
      }
      return rows.subarray(0, count);
    } finally {
      conditions?.leave();
      edit?.leave();
    }
  };
}

/** What a row belongs to in a context; undefined where that is the row itself. */
function ownersOf(chunk: Chunk, context: Context): ((row: number) => number) | undefined {
  if (context === 'resource') return (row) => chunk.resourceOf(row);
  if (context !== 'metric') return undefined;
  const { metric } = (chunk as PointChunk).columns;
  return (row) => metric[row]!;
}

function ownerCount(chunk: Chunk, context: Context): number {
  return context === 'resource' ? chunk.resourceCount : (chunk as PointChunk).metricCount;
}

/** The selected rows of a chunk that are not in `rows`. */
export function without(chunk: Chunk, rows: Uint32Array): Uint32Array {
  const left = new Uint32Array(chunk.count - rows.length);
  let at = 0;
  let count = 0;
  for (let i = 0; i < chunk.count; i++) {
    const row = chunk.rowAt(i);
    if (rows[at] === row) at++;
    else left[count++] = row;
  }
  return left;
}
