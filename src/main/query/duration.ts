const UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
] as const;

/** Three digits and a unit: `1.23 s`, `250 ms`. */
export function durationText(ns: number): string {
  const [size, unit] = UNITS.find(([each]) => ns >= each) ?? [1, 'ns'];
  const value = ns / size;
  return `${value >= 100 || size === 1 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
}
