/** The values of labels as numbers, and what is wrong with those that are none, in the words of Go's libraries. */
import { goQuoted } from '#base';
import { parseByteSize, parseGoDuration } from '#lang/logql';
import { readFloat } from '../../promql/text.ts';

export type Unit = 'number' | 'duration' | 'bytes';

/** Numbers, seconds, or bytes; undefined for a text that is none. */
export const READ_UNIT: { readonly [unit in Unit]: (text: string) => number | undefined } = {
  number: readFloat,
  duration: parseGoDuration,
  bytes: parseByteSize,
};

export function conversionFault(unit: Unit, text: string): string {
  switch (unit) {
    case 'number':
      return floatFault(text);
    case 'duration':
      return durationFault(text);
    case 'bytes': {
      const [, digits, name] = /^([\d.,]*)(.*)$/s.exec(text)!;
      const isNumber = Number.isFinite(Number.parseFloat(digits!));
      return isNumber ? `unhandled size name: ${name!.trim().toLowerCase()}` : floatFault(digits!.replaceAll(',', ''));
    }
  }
}

function floatFault(text: string): string {
  return `strconv.ParseFloat: parsing ${goQuoted(text)}: invalid syntax`;
}

function durationFault(text: string): string {
  const whole = goQuoted(text);
  const [, digits, unit] = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(\d*\.?\d*)([^\d.]*)/.exec(text)!;
  if (digits === '' || digits === '.') return `time: invalid duration ${whole}`;
  return unit === ''
    ? `time: missing unit in duration ${whole}`
    : `time: unknown unit ${goQuoted(unit!)} in duration ${whole}`;
}
