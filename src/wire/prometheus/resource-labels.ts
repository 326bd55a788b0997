/** Which attributes of a resource become labels of its series: patterns in which `*` is anything and `?` one letter. */
export interface ResourceLabelPatterns {
  readonly isOn: boolean;
  /** Without any, all. */
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** Tells whether an attribute is one of the labels (otelcol-contrib pkg/resourcetotelemetry 0.161). */
export function resourceLabelMatcher({ isOn, included, excluded }: ResourceLabelPatterns): (key: string) => boolean {
  if (!isOn) return () => false;
  const isIncluded = included.length === 0 ? () => true : matcher(included);
  const isExcluded = matcher(excluded);
  return (key) => isIncluded(key) && !isExcluded(key);
}

function matcher(globs: readonly string[]): (key: string) => boolean {
  const exact = new Set(globs);
  const patterns = globs.filter((glob) => /[*?]/.test(glob));
  return (key) => exact.has(key) || patterns.some((pattern) => matchesGlob(key, pattern));
}

/** `*` is anything, `?` one letter, all else itself. Takes time in proportion to the product of both lengths at most, whatever they are. */
function matchesGlob(text: string, glob: string): boolean {
  let [at, position] = [0, 0];
  // Where the last star stands, and how much of the text it has taken.
  let [star, taken] = [-1, 0];
  while (at < text.length) {
    if (glob[position] === '*') {
      star = position++;
      taken = at;
    } else if (position < glob.length && (glob[position] === '?' || glob[position] === text[at])) {
      at++;
      position++;
    } else if (star >= 0) {
      at = ++taken;
      position = star + 1;
    } else return false;
  }
  return /^\**$/.test(glob.slice(position));
}
