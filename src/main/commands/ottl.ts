import { readFile } from 'node:fs/promises';
import { excerpt, messageOf, StartError } from '#base';
import { OttlError, parseOttlStatement, placedOttlMessage, underlinedOttl } from '#lang/ottl';
import {
  CONTEXTS,
  type Context,
  compileStatement,
  eachItem,
  inferContext,
  SIGNAL_CONTEXTS,
  type Statement,
  StatementList,
} from '#ottl';
import { Batch, type Chunk, type Signal } from '#pdata';
import { decodeOtlpJson, encodeOtlpJson } from '#wire';
import { transformFunctions } from '../../processors/transform/functions/index.ts';
import type { Flags } from '../flags.ts';
import { didYouMean, UsageError } from '../usage.ts';

const ENVELOPES: readonly (readonly [string, Signal])[] = [
  ['resourceSpans', 'traces'],
  ['resourceMetrics', 'metrics'],
  ['resourceLogs', 'logs'],
];
const FAILURES_LIMIT = 10;

/** `signalbox ottl 'STATEMENT'`: what telemetry becomes by a statement. Exit code 1 where it failed for an item. */
export async function ottlCommand(flags: Flags, text: string | undefined): Promise<number> {
  if (text === undefined || text.startsWith('-')) {
    throw new UsageError('signalbox ottl needs a statement', `signalbox ottl 'set(attributes["a"], 1)' --input FILE`);
  }
  const chunk = await inputChunk(flags.get('input'));
  const statement = compiledStatement(text, chunk.signal, contextFlag(flags.get('context'), chunk.signal));
  const failures: string[] = [];
  let failed = 0;
  const list = new StatementList(statement.context, [statement], [], 'ignore', (_, message) => {
    failed++;
    if (failures.length < FAILURES_LIMIT && !failures.includes(message)) failures.push(message);
  });
  let items = 0;
  list.enter(chunk);
  eachItem(chunk, statement.context, (index, item) => {
    items++;
    list.run(index, item);
  });
  const result: unknown = JSON.parse(encodeOtlpJson(new Batch(chunk.signal, [chunk])));
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  if (failed === 0) return 0;
  process.stderr.write(`signalbox: failed for ${failed} of ${items}: ${failures.join('; ')}\n`);
  return 1;
}

function compiledStatement(text: string, signal: Signal, context: Context | undefined): Statement {
  try {
    const tree = parseOttlStatement(text);
    const trees = { statements: [tree], conditions: [] };
    const found = context ?? inferred(trees, signal);
    return compileStatement(found, text, tree, { functions: transformFunctions(found) });
  } catch (error) {
    if (!(error instanceof OttlError)) throw error;
    throw new StartError(placedOttlMessage(text, error), underlinedOttl(text, error.range).replaceAll('\n', '\n  '));
  }
}

/** A statement whose paths have no prefix is of the items themselves. */
function inferred(trees: Parameters<typeof inferContext>[0], signal: Signal): Context {
  const own: Readonly<Record<Signal, Context>> = { traces: 'span', metrics: 'datapoint', logs: 'log' };
  try {
    return inferContext(trees, SIGNAL_CONTEXTS[signal], transformFunctions);
  } catch (error) {
    if (error instanceof OttlError) return own[signal];
    throw error;
  }
}

function contextFlag(name: string | undefined, signal: Signal): Context | undefined {
  if (name === undefined) return undefined;
  const context = SIGNAL_CONTEXTS[signal].find((each) => each === name);
  if (context !== undefined) return context;
  const known = SIGNAL_CONTEXTS[signal].join(', ');
  throw new UsageError(
    `--context: ${excerpt(name)} is no context of ${signal}${didYouMean(name, CONTEXTS)}`,
    `the input is ${signal}: ${known}`,
  );
}

async function inputChunk(file: string | undefined): Promise<Chunk> {
  const body = file === undefined || file === '-' ? await standardInput() : await readFile(file);
  let envelope: unknown;
  try {
    envelope = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new UsageError(`${file ?? 'the input'} is not JSON: ${messageOf(error)}`);
  }
  const keys = typeof envelope === 'object' && envelope !== null ? Object.keys(envelope) : [];
  const signal = ENVELOPES.find(([key]) => keys.includes(key))?.[1];
  if (signal === undefined) {
    throw new UsageError(
      `${file ?? 'the input'} is not OTLP/JSON`,
      'it is an object with resourceSpans, resourceMetrics or resourceLogs',
    );
  }
  return decodeOtlpJson(signal, body).chunk;
}

async function standardInput(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
