import { type AnyValue, type AttributeCursor, type AttributeKey, attributeKey, type Chunk, exactValueAt } from '#pdata';
import type { DimensionConfig } from './config.ts';

/** Attributes that are looked for in several holders. */
export class Dimensions {
  readonly #dimensions: readonly {
    readonly name: string;
    readonly key: AttributeKey;
    readonly fallback: string | undefined;
  }[];

  constructor(dimensions: readonly DimensionConfig[]) {
    this.#dimensions = dimensions.map(({ name, default: fallback }) => ({ name, key: attributeKey(name), fallback }));
  }

  /** Those that one of the holders has, the first ones first, or that have a default. */
  valuesIn({ arena }: Chunk, ...holders: readonly AttributeCursor[]): [string, AnyValue][] {
    return this.#dimensions.flatMap(({ name, key, fallback }): [string, AnyValue][] => {
      for (const holder of holders) {
        const found = holder.getPrepared(key);
        if (found !== undefined) return [[name, exactValueAt(arena, found.type, found.at, found.length)]];
      }
      return fallback === undefined ? [] : [[name, fallback]];
    });
  }
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES = ['UNSET', 'OK', 'ERROR'];

/** '' for a number that stands for no kind. */
export function kindText(kind: number): string {
  const word = KINDS[kind];
  return word === undefined ? '' : `SPAN_KIND_${word}`;
}

export function statusText(code: number): string {
  const word = STATUSES[code];
  return word === undefined ? '' : `STATUS_CODE_${word}`;
}
