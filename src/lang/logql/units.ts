/** Quantities as Go writes them: durations of `time` and of Prometheus, sizes of go-humanize. */

const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};

/** Units of queries, which the values of labels must not have. */
const LONG_UNITS: ReadonlySet<string> = new Set(['d', 'w', 'y']);

/** Seconds of `1h30m`, `1.5s`, `-250ms`; undefined for what is none. A query may also say `2d`, `1w` and `1y`. */
export function parseGoDuration(text: string, isOfQuery = false): number | undefined {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  const rest = text.slice(sign.length);
  if (rest === '0') return 0;
  let seconds = 0;
  let end = 0;
  for (const [piece, digits, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)([a-zµμ]+)/gy)) {
    const scale = SECONDS[unit!];
    if (scale === undefined || (!isOfQuery && LONG_UNITS.has(unit!))) return undefined;
    // Nanoseconds are what durations are counted in.
    seconds += Math.round(Number(digits) * scale * 1e9) / 1e9;
    end += piece.length;
  }
  if (end === 0 || end !== rest.length) return undefined;
  return sign === '-' ? -seconds : seconds;
}

const SIZES: Readonly<Record<string, number>> = Object.fromEntries(
  ['', 'k', 'm', 'g', 't', 'p', 'e'].flatMap((prefix, power) => [
    [prefix, 1000 ** power],
    [`${prefix}b`, 1000 ** power],
    [`${prefix}i`, 1024 ** power],
    [`${prefix}ib`, 1024 ** power],
  ]),
);

/** Bytes of `20MB`, `1.5KiB`, `42 kb`; undefined for what is none. */
export function parseByteSize(text: string): number | undefined {
  const [, digits, unit] = /^\s*([\d,]*\.?\d+)\s*([a-zA-Z]*)\s*$/.exec(text) ?? [];
  const scale = unit === undefined ? undefined : SIZES[unit.toLowerCase()];
  if (digits === undefined || scale === undefined || unit === 'i') return undefined;
  return Math.trunc(Number(digits.replaceAll(',', '')) * scale);
}
