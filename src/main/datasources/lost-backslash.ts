/** A class that has become a letter, and what was meant. */
export interface LostBackslash {
  /** Such as `(w+)`. */
  readonly wrong: string;
  /** Such as `(\w+)`. */
  readonly meant: string;
}

const LOST = /(?<!\\)\(([wdsS])([+*])\)/g;

/** Copying a pattern through some other text takes its backslashes: `(\w+)` becomes `(w+)`, which is one letter. */
export function repairBackslashes(pattern: string): {
  readonly pattern: string;
  readonly lost: readonly LostBackslash[];
} {
  const lost: LostBackslash[] = [];
  const repaired = pattern.replace(LOST, (wrong, letter: string, repeat: string) => {
    const meant = `(\\${letter}${repeat})`;
    lost.push({ wrong, meant });
    return meant;
  });
  return { pattern: repaired, lost };
}
