import { prepareValue, type Value, type ValueMap, valueAt } from '#ottl';
import { type AnyValue, type LogChunk, valueText } from '#pdata';
import type { Summary } from './config.ts';
import { FATE_IGNORED, FATE_MASKED, FATE_REMOVED } from './key-fates.ts';
import { SummaryNotes } from './summary.ts';

/** What is done with keys and texts. */
export interface BodyRules {
  fateOf(key: string): number;
  isAllowed(text: string): boolean;
  maskAll(text: string): string;
  clean(text: string): string;
}

/** Bodies of log records: texts, and what is in maps and lists, whose keys count like those of attributes. */
export class LogBodies {
  readonly #rules: BodyRules;
  readonly #notes: SummaryNotes;

  constructor(summary: Summary, rules: BodyRules) {
    this.#rules = rules;
    this.#notes = new SummaryNotes(summary, 'redaction.body');
  }

  clean(chunk: LogChunk, row: number): void {
    const { bodyType, bodyAt, bodyLength } = chunk.columns;
    const body = valueAt(chunk.arena, bodyType[row]!, bodyAt[row]!, bodyLength[row]!);
    const next = this.#value(body, '');
    if (next !== body) chunk.setPreparedBody(row, prepareValue(chunk, next));
    if (this.#notes.isWanted) this.#notes.writeTo(chunk.rowAttributes.of(row));
  }

  /** The value itself where nothing of it changes. `path` is '' for the whole body. */
  #value(value: Value, path: string): Value {
    if (value instanceof Map) return this.#map(value, path);
    if (Array.isArray(value)) {
      const next = (value as readonly Value[]).map((item, i) => this.#value(item, joined(path, `[${i}]`)));
      return next.some((item, i) => item !== value[i]) ? next : value;
    }
    const text = valueText(value as AnyValue);
    if (this.#rules.isAllowed(text)) {
      // Of a body that is one text it is not noted.
      if (path !== '') this.#notes.note('allowed', path);
      return value;
    }
    const next = this.#rules.clean(text);
    if (next === text) return value;
    this.#notes.note('masked', path === '' ? 'body' : path);
    return next;
  }

  #map(map: ValueMap, path: string): ValueMap {
    const next: ValueMap = new Map();
    const removed: string[] = [];
    let isChanged = false;
    for (const [key, value] of map) {
      const here = joined(path, key);
      const fate = this.#rules.fateOf(key);
      if ((fate & FATE_REMOVED) !== 0) {
        removed.push(here);
        continue;
      }
      let kept = value;
      if ((fate & FATE_IGNORED) !== 0) this.#notes.note('ignored', here);
      else if ((fate & FATE_MASKED) !== 0) {
        this.#notes.note('masked', here);
        kept = this.#rules.maskAll(typeof value === 'string' ? value : '');
      } else kept = this.#value(value, here);
      if (kept !== value) isChanged = true;
      next.set(key, kept);
    }
    for (const key of removed) this.#notes.note('redacted', key);
    return isChanged || removed.length > 0 ? next : map;
  }
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
