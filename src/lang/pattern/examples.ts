import { Pattern } from './pattern.ts';
import { readPattern } from './read.ts';
import type { PatternNode } from './tree.ts';

const FILLER = 'x';

/**
 * Up to `limit` texts that a pattern matches from end to end, each once: of alternatives each in turn, of everything else the shortest that isn't
 * empty. None where the pattern has something that only RE2 reads.
 */
export function examplesOf(source: string, limit: number): string[] {
  const node = readPattern(source);
  if (node === undefined) return [];
  const whole = new Pattern(`^(?s:${source})$`);
  return [...new Set(textsOf(node, limit))].filter((text) => whole.test(text)).slice(0, limit);
}

function textsOf(node: PatternNode, limit: number): string[] {
  switch (node.kind) {
    case 'set':
      return [memberOf(node.set)];
    case 'start':
    case 'end':
      return [''];
    case 'capture':
      return textsOf(node.item, limit);
    case 'either':
      return node.items.flatMap((item) => textsOf(item, limit)).slice(0, limit);
    case 'repeat': {
      if (node.max === 0) return [''];
      const texts = textsOf(node.item, limit).map((text) => text.repeat(Math.max(1, node.min)));
      return node.min === 0 && node.max === 1 ? ['', ...texts].slice(0, limit) : texts;
    }
    case 'sequence':
      return node.items.reduce<string[]>(
        (before, item) => before.flatMap((text) => textsOf(item, limit).map((next) => text + next)).slice(0, limit),
        [''],
      );
  }
}

/** A letter where the set has it, else its first character. */
function memberOf(set: readonly (readonly [number, number])[]): string {
  const code = FILLER.codePointAt(0)!;
  const hasFiller = set.some(([from, to]) => from <= code && code <= to);
  return hasFiller ? FILLER : String.fromCodePoint(set[0]?.[0] ?? code);
}
