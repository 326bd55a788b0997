import { compareText, FNV64_OFFSET_HIGH, FNV64_OFFSET_LOW, fnv1a64Update, goQuoted, type Hash64 } from '#base';

/** Labels or annotations: names to values, in the order of the names. */
export type Labels = ReadonlyMap<string, string>;

export const NO_LABELS: Labels = new Map();

/** Sorted by name, as Go sorts texts: by their bytes. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  return new Map(Array.from(pairs).sort(([a], [b]) => compareText(a, b)));
}

const SEPARATOR = new Uint8Array([0xff]);

/** Sixteen hexadecimal digits that name a set of labels (prometheus/common model.LabelSet.Fingerprint). */
export function fingerprintOf(labels: Labels): string {
  const state: Hash64 = { high: FNV64_OFFSET_HIGH, low: FNV64_OFFSET_LOW };
  for (const pair of labels) {
    for (const text of pair) {
      const bytes = Buffer.from(text);
      fnv1a64Update(state, bytes, 0, bytes.length);
      fnv1a64Update(state, SEPARATOR, 0, 1);
    }
  }
  return hex(state.high) + hex(state.low);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** `{alertname="Down", job="api"}`. */
export function printLabels(labels: Labels): string {
  return `{${Array.from(labels, ([name, value]) => `${name}=${goQuoted(value)}`).join(', ')}}`;
}

/** The order of model.LabelSet.Before: fewer labels first, then by names and values. */
export function compareLabels(a: Labels, b: Labels): number {
  if (a.size !== b.size) return a.size - b.size;
  for (const name of Array.from(new Set([...a.keys(), ...b.keys()])).sort(compareText)) {
    const [one, other] = [a.get(name), b.get(name)];
    if (one === undefined) return -1;
    if (other === undefined) return 1;
    if (one !== other) return compareText(one, other);
  }
  return 0;
}

/** The labels of `names` that a set has. */
export function pickLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return new Map(Array.from(labels).filter(([name]) => names.has(name)));
}

/** For JSON. */
export function plainLabels(labels: Labels): Readonly<Record<string, string>> {
  return Object.fromEntries(labels);
}

/** Whether a name may be one of a label: any text but the empty one, as Alertmanager takes them by default. */
export function isLabelName(name: string): boolean {
  return name !== '' && name.isWellFormed();
}
