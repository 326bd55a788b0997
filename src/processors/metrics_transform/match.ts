import { Pattern, type Template } from '#lang/pattern';
import { type AttributeKey, attributeKey, type PointChunk } from '#pdata';
import { nameTest } from '../shared/metric-names/name-test.ts';
import type { TransformConfig } from './config.ts';
import type { Metric } from './metric.ts';

interface LabelTest {
  readonly key: AttributeKey;
  readonly test: (value: string) => boolean;
}

/** Which metrics a transform is for, and which of their points. */
export class Match {
  readonly #isNamed: (name: string) => boolean;
  readonly #pattern: Pattern | undefined;
  readonly #labels: readonly LabelTest[];

  constructor({ include, matchType, matchLabels }: TransformConfig) {
    this.#pattern = matchType === 'regexp' ? new Pattern(include) : undefined;
    this.#isNamed = nameTest(matchType, [include]);
    this.#labels = Array.from(matchLabels, ([name, value]) => ({
      key: attributeKey(name),
      test: nameTest(matchType, [value]),
    }));
  }

  isNamed({ name }: Metric): boolean {
    return this.#isNamed(name);
  }

  /** What is no text, and what is not there, counts as an empty text. */
  hasLabels(chunk: PointChunk, row: number): boolean {
    if (this.#labels.length === 0) return true;
    const attributes = chunk.rowAttributes.of(row);
    return this.#labels.every(({ key, test }) => test(attributes.getText(key) ?? ''));
  }

  /** The rows that match. */
  rowsOf({ chunk, rows }: Metric): readonly number[] {
    return this.#labels.length === 0 ? rows : rows.filter((row) => this.hasLabels(chunk, row));
  }

  /** The new name, of what groups of the pattern matched. */
  renamed(template: Template, newName: string, { name }: Metric): string {
    const places = this.#pattern?.find(name);
    const expanded = places === undefined ? '' : this.#pattern!.expand(template, name, places);
    return expanded === '' ? newName : expanded;
  }

  /** What groups of the pattern matched in the name, as attributes: `$1` where a group has no name. */
  labelsOf({ name }: Metric): readonly (readonly [string, string])[] {
    const pattern = this.#pattern;
    const places = pattern?.find(name);
    if (pattern === undefined || places === undefined) return [];
    return pattern.groupNames.slice(1).flatMap((group, i): [string, string][] => {
      const [start, end] = [places[2 * i + 2]!, places[2 * i + 3]!];
      return start < 0 || end === start ? [] : [[group || `$${i + 1}`, name.slice(start, end)]];
    });
  }
}
