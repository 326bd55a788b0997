/** What a tool is, and how it reads its arguments. */
import { parsePromDuration } from '#lang/promql';
import { QueryError, type ReadOptions, type StoreReader, type TimeRange } from '#query';
import type { ApiNeeds } from '../http/plugin.ts';
import type { Told } from './told.ts';

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the model: when to use it, what comes back. */
  readonly description: string;
  readonly arguments: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
  /** Throws QueryError, whose message and hint the model is told. */
  readonly run: (asked: Asked, told: Told) => Promise<void>;
}

/** JSON schema of one argument. */
export interface ArgumentSchema {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
  readonly enum?: readonly string[];
}

export interface ToolContext {
  /** Of the tenant who asks. */
  readonly reader: StoreReader;
  readonly options: ReadOptions;
  readonly needs: Pick<ApiNeeds, 'rules' | 'version'>;
}

export const RANGE: Readonly<Record<string, ArgumentSchema>> = {
  range: { type: 'string', description: 'how far back to look: 15m, 1h (default), 1d' },
  end: { type: 'string', description: 'end of the range as ISO 8601 or Unix seconds; now without it' },
};

const DEFAULT_RANGE = '1h';
const MAX_TEXT_CHARS = 20_000;

/** One call of a tool. All methods throw QueryError for what can't be read. */
export class Asked {
  readonly context: ToolContext;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(context: ToolContext, tool: Pick<Tool, 'arguments'>, values: Readonly<Record<string, unknown>>) {
    this.context = context;
    this.#values = values;
    const unknown = Object.keys(values).find((name) => !Object.hasOwn(tool.arguments, name));
    if (unknown === undefined) return;
    throw new QueryError('bad_query', `there is no argument ${JSON.stringify(unknown.slice(0, 80))}`, {
      hint: `there are ${Object.keys(tool.arguments).join(', ') || 'none'}`,
    });
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string' && value.length <= MAX_TEXT_CHARS) return value;
    throw new QueryError('bad_query', `the argument ${name} must be a text of at most ${MAX_TEXT_CHARS} characters`);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new QueryError('bad_query', `the argument ${name} is missing`);
    return value;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], otherwise: Word): Word {
    const value = this.text(name) ?? otherwise;
    if (words.includes(value as Word)) return value as Word;
    throw new QueryError('bad_query', `${name} can't be ${JSON.stringify(value.slice(0, 80))}`, {
      hint: words.join(', '),
    });
  }

  count(name: string, otherwise: number, most: number): number {
    const value = this.#values[name] ?? otherwise;
    if (Number.isInteger(value) && (value as number) > 0) return Math.min(value as number, most);
    throw new QueryError('bad_query', `the argument ${name} must be a whole number above 0`);
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** In ms; undefined without it. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    try {
      return parsePromDuration(text);
    } catch {
      throw new QueryError(
        'bad_query',
        `${name}: expected a time such as 30s or 1h, got ${JSON.stringify(text.slice(0, 80))}`,
      );
    }
  }

  range(): TimeRange {
    const lengthMs = this.duration('range') ?? parsePromDuration(DEFAULT_RANGE);
    const toMs = this.end();
    return { fromMs: Math.max(0, toMs - lengthMs), toMs };
  }

  end(): number {
    const text = this.text('end');
    if (text === undefined) return Date.now();
    const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
    if (Number.isFinite(ms) && ms >= 0 && ms < 8.64e15) return Math.floor(ms);
    throw new QueryError(
      'bad_query',
      `end: expected ISO 8601 or Unix seconds, got ${JSON.stringify(text.slice(0, 80))}`,
    );
  }
}
