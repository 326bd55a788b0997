import { areDisjoint, type CharSet, charSet } from './sets.ts';
import type { PatternNode } from './tree.ts';

/**
 * Whether V8's backtracking takes time in proportion to the text. What is proved, for a pattern of bounded parts (sets, alternatives,
 * groups, repeats with a small maximum) and unbounded repeats of single sets:
 *
 *   1. The bounded parts of a pattern can be tried in at most `ways` ways of at most `length` characters from one place; that product
 *      is below a constant.
 *   2. Not anchored: the only unbounded repeat is the very last part. When V8 reaches it the match is certain, so nothing is ever tried
 *      again because of it, and each place of the text costs at most the constant of 1.
 *   3. Anchored by ^: there is one place to begin. Each unbounded repeat is followed by the end of the text or by a character that it
 *      can't take itself. So of all places to end it only the last can go on: trying the others costs one step each, and each
 *      character of the text is part of one repeat in each of the ways of 1.
 */
export function isProvedLinear(node: PatternNode): boolean {
  if (capturesInLoop(node, false)) return false;
  const { ways, length } = sizeOf(node);
  if (ways * length > STEPS_LIMIT) return false;
  return alternativesOf(node).every((items) => (items[0]?.kind === 'start' ? isDeterministic(items) : endsOnly(items)));
}

/**
 * Whether V8 (of Node 26) could overlook a match: of a short pattern that ends with `$` it looks near the end of the text only, where it takes a
 * character beyond U+FFFF for one unit of text. /[^\n]$/u doesn't match '😀'.
 */
export function mayOverlook(node: PatternNode): boolean {
  return alternativesOf(node).some(
    (items) => items[0]?.kind !== 'start' && items.some(hasEnd) && items.some(hasLongCharacters),
  );
}

function hasEnd(node: PatternNode): boolean {
  return node.kind === 'end' || partsOf(node).some(hasEnd);
}

function hasLongCharacters(node: PatternNode): boolean {
  if (node.kind === 'set') return !areDisjoint(node.set, LONG_CHARACTERS);
  return partsOf(node).some(hasLongCharacters);
}

const LONG_CHARACTERS = charSet([0x1_0000, 0x10_ffff]);

function partsOf(node: PatternNode): readonly PatternNode[] {
  if (node.kind === 'sequence' || node.kind === 'either') return node.items;
  return node.kind === 'capture' || node.kind === 'repeat' ? [node.item] : [];
}

const STEPS_LIMIT = 2000;

/** The items of each alternative of the whole pattern, with groups at the outermost level opened. */
function alternativesOf(node: PatternNode): (readonly PatternNode[])[] {
  if (node.kind === 'either') return node.items.flatMap(alternativesOf);
  return [flattened(node)];
}

function flattened(node: PatternNode): readonly PatternNode[] {
  if (node.kind === 'sequence') return node.items.flatMap(flattened);
  if (node.kind === 'capture' && node.item.kind !== 'either') return flattened(node.item);
  return [node];
}

/** How many ways there are through the bounded parts, and how long the longest is. */
function sizeOf(node: PatternNode): { readonly ways: number; readonly length: number } {
  switch (node.kind) {
    case 'set':
      return { ways: 1, length: 1 };
    case 'start':
    case 'end':
      return { ways: 1, length: 1 };
    case 'capture':
      return sizeOf(node.item);
    case 'either': {
      const sizes = node.items.map(sizeOf);
      return {
        ways: sizes.reduce((sum, size) => sum + size.ways, 0),
        length: Math.max(...sizes.map((size) => size.length)),
      };
    }
    case 'sequence': {
      const sizes = node.items.map(sizeOf);
      return {
        ways: sizes.reduce((product, size) => product * size.ways, 1),
        length: sizes.reduce((sum, size) => sum + size.length, 1),
      };
    }
    case 'repeat': {
      const { ways, length } = sizeOf(node.item);
      if (node.max === Infinity) return node.item.kind === 'set' ? { ways: 1, length: node.min + 1 } : BOUNDLESS;
      let sum = 0;
      for (let times = node.min; times <= node.max && sum <= STEPS_LIMIT; times++) sum += ways ** times;
      return { ways: sum, length: length * node.max + 1 };
    }
  }
}

const BOUNDLESS = { ways: Infinity, length: 1 };

/** JavaScript forgets what a group took in an earlier turn of a loop, Go does not. */
function capturesInLoop(node: PatternNode, inLoop: boolean): boolean {
  if (node.kind === 'capture') return inLoop || capturesInLoop(node.item, inLoop);
  if (node.kind === 'repeat') return capturesInLoop(node.item, inLoop || node.max > 1);
  return (
    (node.kind === 'sequence' || node.kind === 'either') && node.items.some((item) => capturesInLoop(item, inLoop))
  );
}

function isUnbounded(node: PatternNode): boolean {
  if (node.kind === 'repeat') return node.max === Infinity || isUnbounded(node.item);
  if (node.kind === 'capture') return isUnbounded(node.item);
  return (node.kind === 'sequence' || node.kind === 'either') && node.items.some(isUnbounded);
}

function endsOnly(items: readonly PatternNode[]): boolean {
  return items.every((item, index) => {
    if (!isUnbounded(item)) return true;
    return index === items.length - 1 && item.kind === 'repeat' && item.item.kind === 'set';
  });
}

function isDeterministic(items: readonly PatternNode[]): boolean {
  return items.every((item, index) => {
    if (!isUnbounded(item)) return true;
    if (item.kind !== 'repeat' || item.item.kind !== 'set') return false;
    const next = items[index + 1];
    if (next === undefined || next.kind === 'end') return true;
    const first = firstOf(next);
    return first !== undefined && areDisjoint(first, item.item.set);
  });
}

/** The characters that a part begins with; undefined where it may be empty. */
function firstOf(node: PatternNode): CharSet | undefined {
  switch (node.kind) {
    case 'set':
      return node.set;
    case 'capture':
      return firstOf(node.item);
    case 'repeat':
      return node.min === 0 ? undefined : firstOf(node.item);
    case 'sequence':
      return node.items[0] === undefined ? undefined : firstOf(node.items[0]);
    case 'either': {
      const firsts = node.items.map(firstOf);
      return firsts.includes(undefined) ? undefined : charSet(...firsts.flatMap((set) => set ?? []));
    }
    default:
      return undefined;
  }
}
