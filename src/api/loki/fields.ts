/** Fields that lines have: structured metadata, and what parsers find in them. */
import { parseByteSize, parseGoDuration } from '#lang/logql';
import { eachLogfmtField, eachWrittenValue, type FoundLine, fieldName, labelName } from '#query/logql.ts';

export interface DetectedField {
  readonly label: string;
  readonly type: 'string' | 'int' | 'float' | 'boolean' | 'duration' | 'bytes';
  /** Null for structured metadata. */
  readonly parsers: readonly string[] | null;
  /** The keys under which JSON lines have it. */
  readonly jsonPath?: readonly string[];
  readonly values: readonly string[];
}

interface Seen {
  readonly values: Set<string>;
  readonly parsers: Set<string>;
  jsonPath: readonly string[] | undefined;
}

/** A value of a line, and how it was found. */
type TakeField = (name: string, value: string, parser: string, jsonPath?: readonly string[]) => void;

/** By name. */
export function fieldsOf(lines: readonly FoundLine[]): readonly DetectedField[] {
  const fields = new Map<string, Seen>();
  const add = (name: string, value: string, parser?: string, jsonPath?: readonly string[]): void => {
    const seen = fields.get(name) ?? { values: new Set(), parsers: new Set(), jsonPath };
    fields.set(name, seen);
    seen.jsonPath ??= jsonPath;
    seen.values.add(value);
    if (parser !== undefined) seen.parsers.add(parser);
  };
  for (const { line, categories } of lines) {
    for (const [name, value] of Object.entries(categories.structured)) add(name, value);
    const isLabel = (name: string): boolean => categories.stream.get(name) !== '';
    eachField(line, (name, value, ...found) => add(isLabel(name) ? `${name}_extracted` : name, value, ...found));
  }
  return [...fields]
    .map(([label, { values, parsers, jsonPath }]) => ({
      label,
      type: typeOf(values),
      parsers: parsers.size === 0 ? null : [...parsers],
      ...(jsonPath !== undefined && { jsonPath }),
      values: [...values].sort(),
    }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

function eachField(line: string, take: TakeField): void {
  if (line.startsWith('{')) {
    const found: (readonly [keys: readonly string[], value: string])[] = [];
    if (eachWrittenValue(line, (...each) => void found.push(each)) === undefined) {
      for (const [keys, value] of found) take(fieldName(keys), value, 'json', keys);
      return;
    }
  }
  const pairs: [string, string][] = [];
  const fault = eachLogfmtField(line, (key, value) => void pairs.push([key, value]));
  // A text with an equals sign somewhere in it is no logfmt.
  if (fault !== undefined || !pairs.every(([, value]) => value !== '')) return;
  for (const [key, value] of pairs) take(labelName(key), value, 'logfmt');
}

function typeOf(values: ReadonlySet<string>): DetectedField['type'] {
  const all = (test: (value: string) => boolean): boolean => [...values].every(test);
  if (all((value) => value === 'true' || value === 'false')) return 'boolean';
  if (all((value) => /^[-+]?\d+$/.test(value))) return 'int';
  if (all((value) => value !== '' && !Number.isNaN(Number(value)))) return 'float';
  if (all((value) => parseGoDuration(value) !== undefined)) return 'duration';
  return all((value) => /[a-zA-Z]$/.test(value) && parseByteSize(value) !== undefined) ? 'bytes' : 'string';
}
