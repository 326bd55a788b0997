import { readFile } from 'node:fs/promises';
import { excerpt, messageOf, StartError } from '#base';
import { placedOttlMessage, underlinedOttl } from '#lang/ottl';
import { CONTEXTS, type Context, eachItem, SIGNAL_CONTEXTS, StatementList } from '#ottl';
import { Batch, type Chunk, type Signal } from '#pdata';
import { decodeOtlpJson, encodeOtlpJson } from '#wire';
import type { Flags } from '../flags.ts';
import { type CompiledStatements, compileStatements, StatementError } from '../playground/statements.ts';
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
  const named = contextFlag(flags.get('context'), chunk.signal);
  const { context, statements } = compiledStatement(text, chunk.signal, named);
  const failures: string[] = [];
  let failed = 0;
  const list = new StatementList(context, statements, [], 'ignore', (_, message) => {
    failed++;
    if (failures.length < FAILURES_LIMIT && !failures.includes(message)) failures.push(message);
  });
  let items = 0;
  list.enter(chunk);
  eachItem(chunk, context, (index, item) => {
    items++;
    list.run(index, item);
  });
  const result: unknown = JSON.parse(encodeOtlpJson(new Batch(chunk.signal, [chunk])).toString());
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  if (failed === 0) return 0;
  process.stderr.write(`signalbox: failed for ${failed} of ${items}: ${failures.join('; ')}\n`);
  return 1;
}

function compiledStatement(text: string, signal: Signal, context: Context | undefined): CompiledStatements {
  try {
    return compileStatements([{ text, offset: 0 }], signal, context);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    const { error: cause } = error;
    throw new StartError(placedOttlMessage(text, cause), underlinedOttl(text, cause.range).replaceAll('\n', '\n  '));
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
