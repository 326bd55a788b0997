import type { OttlOutcome } from '#api';
import type { ItemField, OttlQuestion, OttlResponse, OttlWordsResponse } from '#api/types.ts';
import { DecodeError, messageOf } from '#base';
import { envelopeOfFields, type Field, type Item, itemsOf, markedFields } from '#inspect';
import { type Context, eachItem, enumNames, pathNames, SIGNAL_CONTEXTS, StatementList, signatureOf } from '#ottl';
import { Batch, type Chunk, type Signal } from '#pdata';
import { decodeOtlpJson } from '#wire';
import { transformFunctions } from '../../processors/transform/functions/index.ts';
import { compileStatements, StatementError, splitStatements } from './statements.ts';

const ENVELOPES: Readonly<Record<string, Signal>> = {
  resourceSpans: 'traces',
  resourceLogs: 'logs',
  resourceMetrics: 'metrics',
};
const ITEMS_LIMIT = 20;
const FAILURES_LIMIT = 10;

/** Runs statements on some items. Throws nothing: what is wrong is an outcome. */
export function evaluate({ statements, context, input }: OttlQuestion): OttlOutcome {
  try {
    const chunk = chunkOf(input);
    const known = SIGNAL_CONTEXTS[chunk.signal];
    const named = known.find((one) => one === context);
    if (context !== undefined && named === undefined) {
      return { error: `${context} is no context of ${chunk.signal}`, hint: `use one of ${known.join(', ')}` };
    }
    const texts = splitStatements(statements);
    if (texts.length === 0)
      return { error: 'there is no statement yet', hint: 'for example set(span.attributes["team"], "shop")' };
    const compiled = compileStatements(texts, chunk.signal, named);
    return { answer: { ...run(chunk, compiled), signal: chunk.signal, context: compiled.context } };
  } catch (error) {
    if (error instanceof StatementError) {
      const { range, hint } = error.error;
      const at = (offset: number): number => error.statement.offset + offset;
      return { error: error.message, start: at(range.start), end: at(range.end), ...(hint !== undefined && { hint }) };
    }
    return { error: messageOf(error) };
  }
}

function run(
  chunk: Chunk,
  { context, statements }: ReturnType<typeof compileStatements>,
): Omit<OttlResponse, 'signal' | 'context'> {
  const failures: string[] = [];
  let failedCount = 0;
  const list = new StatementList(context, statements, [], 'ignore', (_, message) => {
    failedCount++;
    if (failures.length < FAILURES_LIMIT && !failures.includes(message)) failures.push(message);
  });
  const batch = new Batch(chunk.signal, [chunk]);
  const before = itemsOf(batch);
  list.enter(chunk);
  eachItem(chunk, context, (index, item) => void list.run(index, item));
  const after = itemsOf(batch);
  return { items: compared(before, after).slice(0, ITEMS_LIMIT), itemCount: after.length, failures, failedCount };
}

/** Items are where they were, but where a function of metrics added some behind them, or took some away. */
function compared(before: readonly Item[], after: readonly Item[]): OttlResponse['items'] {
  const count = Math.max(before.length, after.length);
  return Array.from({ length: count }, (_, index) => {
    const [was, is] = [before[index], after[index]];
    if (was === undefined) return { outcome: 'added', fields: markedFields(is!, is!) };
    if (is === undefined) return { outcome: 'dropped', fields: markedFields(was, was) };
    const fields = markedFields(was, is);
    return { outcome: fields.some(({ change }) => change !== undefined) ? 'changed' : 'passed', fields };
  });
}

function chunkOf(input: OttlQuestion['input']): Chunk {
  const envelope =
    typeof input === 'string' ? parsed(input) : envelopeOfFields(input.signal, input.fields.flatMap(shownValue));
  const signal = Object.entries(ENVELOPES).find(([key]) => key in envelope)?.[1];
  if (signal === undefined)
    throw new DecodeError(`the sample is not OTLP/JSON: it needs one of ${Object.keys(ENVELOPES).join(', ')}`);
  const { chunk, rejectedCount, rejectedReason } = decodeOtlpJson(signal, Buffer.from(JSON.stringify(envelope)));
  if (rejectedCount > 0) throw new DecodeError(`the sample: ${rejectedReason}`);
  if (chunk.count === 0) throw new DecodeError('the sample has no items');
  return chunk;
}

function parsed(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DecodeError(`the sample is not JSON: ${messageOf(error)}`);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw new DecodeError('the sample is not OTLP/JSON: it is no object');
}

/** What is masked is not there. */
function shownValue({ path, value, change }: ItemField): readonly Field[] {
  return value === undefined || change === 'removed' ? [] : [{ path, value }];
}

/** What can be written in a context, for completion. */
export function wordsOf(context: Context): OttlWordsResponse {
  const functions = Array.from(transformFunctions(context).values(), (one) => ({
    name: one.name,
    signature: signatureOf(one),
    meaning: one.meaning,
    isEditor: /^[a-z]/.test(one.name),
  }));
  const levels = LEVELS[context];
  const paths = levels.flatMap((level) => pathNames(level).map((name) => `${level}.${name}`));
  return { functions, paths, enums: enumNames(context) };
}

/** A context, and those that it lies in. */
const LEVELS: Readonly<Record<Context, readonly Context[]>> = {
  resource: ['resource'],
  scope: ['scope', 'resource'],
  span: ['span', 'scope', 'resource'],
  spanevent: ['spanevent', 'span', 'scope', 'resource'],
  metric: ['metric', 'scope', 'resource'],
  datapoint: ['datapoint', 'metric', 'scope', 'resource'],
  exemplar: ['exemplar', 'datapoint', 'metric', 'scope', 'resource'],
  log: ['log', 'scope', 'resource'],
};
