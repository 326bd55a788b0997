const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration in Go's syntax (`1h30m`, `1.5s`, `-20ms`, `0`) in milliseconds, or the message of Go's time.ParseDuration. */
export function parseDuration(text: string): { readonly ms: number } | { readonly error: string } {
  const sign = text.startsWith('-') ? -1 : 1;
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === '0') return { ms: 0 };
  if (unsigned === '') return { error: `time: invalid duration "${text}"` };
  let ms = 0;
  let rest = unsigned;
  while (rest !== '') {
    const number = /^(\d+(?:\.\d*)?|\.\d+)/.exec(rest)?.[1];
    if (number === undefined) return { error: `time: invalid duration "${text}"` };
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) return { error: `time: missing unit in duration "${text}"` };
    const factor = Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined;
    if (factor === undefined) return { error: `time: unknown unit "${unit}" in duration "${text}"` };
    ms += Number(number) * factor;
    rest = rest.slice(unit.length);
  }
  return { ms: sign * ms };
}

/** Milliseconds in Go's syntax, for messages: 90_000 is `1m30s`. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 0) return `-${printDuration(-ms)}`;
  if (ms < 1000) return `${trim(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${trim(seconds)}s`;
}

function trim(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}
