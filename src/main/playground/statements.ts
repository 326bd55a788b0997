import { OttlError, type OttlStatement, parseOttlStatement } from '#lang/ottl';
import { type Context, compileStatement, inferContext, SIGNAL_CONTEXTS, type Statement } from '#ottl';
import type { Signal } from '#pdata';
import { transformFunctions } from '../../processors/transform/functions/index.ts';

/** A statement as it stands in a text of several. */
export interface StatementText {
  readonly text: string;
  /** Where it begins in the whole text. */
  readonly offset: number;
}

/** A mistake in one of several statements, with its place in the whole text. */
export class StatementError extends Error {
  override name = 'StatementError';
  readonly statement: StatementText;
  readonly error: OttlError;
  constructor(statement: StatementText, error: OttlError) {
    super(error.message, { cause: error });
    this.statement = statement;
    this.error = error;
  }
}

/** The statements of a text: one a line, going on in lines that are indented. Lines with a `#` in front are comments. */
export function splitStatements(text: string): StatementText[] {
  const found: { text: string; offset: number }[] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    const isMore = /^\s+\S/.test(line) && found.length > 0;
    if (isMore) {
      const last = found.at(-1)!;
      // What lies between them is kept, so that places in the statement are places in the text.
      last.text = text.slice(last.offset, offset + line.length);
    } else if (/\S/.test(line) && !line.startsWith('#')) found.push({ text: line, offset });
    offset += line.length + 1;
  }
  return found;
}

export interface CompiledStatements {
  readonly context: Context;
  readonly statements: readonly Statement[];
}

/** Compiles statements of one context: the named one, or what their paths say, or the items of the signal. Throws a StatementError. */
export function compileStatements(
  texts: readonly StatementText[],
  signal: Signal,
  context: Context | undefined,
): CompiledStatements {
  const trees = texts.map((one) => placed(one, () => parseOttlStatement(one.text)));
  const found = context ?? inferred(trees, signal);
  const options = { functions: transformFunctions(found) };
  const statements = texts.map((one, index) =>
    placed(one, () => compileStatement(found, one.text, trees[index]!, options)),
  );
  return { context: found, statements };
}

function placed<T>(statement: StatementText, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof OttlError) throw new StatementError(statement, error);
    throw error;
  }
}

/** Statements whose paths have no prefix are of the items themselves. */
function inferred(statements: readonly OttlStatement[], signal: Signal): Context {
  const own: Readonly<Record<Signal, Context>> = { traces: 'span', metrics: 'datapoint', logs: 'log' };
  try {
    return inferContext({ statements }, SIGNAL_CONTEXTS[signal], transformFunctions);
  } catch (error) {
    if (error instanceof OttlError) return own[signal];
    throw error;
  }
}
