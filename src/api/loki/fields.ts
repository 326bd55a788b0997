/** Fields that lines have: structured metadata, and what parsers find in them. */
import { parseByteSize, parseGoDuration } from '#lang/logql';
import { eachJsonField, eachLogfmtField, type FoundLine, labelName, parseJsonLine } from '#query/logql.ts';

export interface DetectedField {
  readonly label: string;
  readonly type: 'string' | 'int' | 'float' | 'boolean' | 'duration' | 'bytes';
  /** Null for structured metadata. */
  readonly parsers: readonly string[] | null;
  readonly values: readonly string[];
}

interface Seen {
  readonly values: Set<string>;
  readonly parsers: Set<string>;
}

/** By name. */
export function fieldsOf(lines: readonly FoundLine[]): readonly DetectedField[] {
  const fields = new Map<string, Seen>();
  const add = (name: string, value: string, parser?: string): void => {
    const seen = fields.get(name) ?? { values: new Set(), parsers: new Set() };
    fields.set(name, seen);
    seen.values.add(value);
    if (parser !== undefined) seen.parsers.add(parser);
  };
  for (const { line, categories } of lines) {
    for (const [name, value] of Object.entries(categories.structured)) add(name, value);
    const isLabel = (name: string): boolean => categories.stream.get(name) !== '';
    eachField(line, (name, value, parser) => add(isLabel(name) ? `${name}_extracted` : name, value, parser));
  }
  return [...fields]
    .map(([label, { values, parsers }]) => ({
      label,
      type: typeOf(values),
      parsers: parsers.size === 0 ? null : [...parsers],
      values: [...values].sort(),
    }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

function eachField(line: string, take: (name: string, value: string, parser: string) => void): void {
  if (line.startsWith('{')) {
    try {
      eachJsonField(parseJsonLine(line), (name, value) => take(name, value, 'json'));
      return;
    } catch {
      // Then it is another kind of line.
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
