import type { FieldOptions, MappedText, ThresholdStep, Thresholds, ValueMapping } from '../model.ts';
import { formatUnit } from '../units/index.ts';

/** A value as it is written, and the colour that its options give it. */
export interface ShownValue {
  readonly text: string;
  /** As the dashboard names it; undefined where nothing says one. */
  readonly color: string | undefined;
}

const ABSENT = '–';

/** Writes a value by its field's mappings, unit and decimals. */
export function showValue(value: number | string | null, options: FieldOptions): ShownValue {
  const mapped = mappedTo(value, options.mappings);
  const byThreshold = typeof value === 'number' ? stepOf(value, options)?.color : undefined;
  const color = mapped?.color ?? (options.color?.mode === 'fixed' ? options.color.fixedColor : byThreshold);
  if (mapped?.text !== undefined && mapped.text !== '') return { text: mapped.text, color };
  if (value === null || (typeof value === 'number' && Number.isNaN(value)))
    return { text: options.noValue ?? ABSENT, color };
  if (typeof value === 'string') return { text: value, color };
  const text = formatUnit(options.unit, value, options.decimals);
  // A time that no calendar has.
  return { text: text === 'Invalid date' ? ABSENT : text, color };
}

/** The step of the thresholds that a value is in; undefined where there are none. */
export function stepOf(
  value: number,
  { thresholds, min = 0, max = 100 }: Pick<FieldOptions, 'thresholds' | 'min' | 'max'>,
): ThresholdStep | undefined {
  if (thresholds === undefined) return undefined;
  const measured = asMeasured(value, thresholds, min, max);
  return thresholds.steps.findLast(({ from }) => measured >= from) ?? thresholds.steps[0];
}

function asMeasured(value: number, { mode }: Thresholds, min: number, max: number): number {
  return mode === 'percentage' ? ((value - min) / (max - min)) * 100 : value;
}

function mappedTo(value: number | string | null, mappings: readonly ValueMapping[]): MappedText | undefined {
  for (const mapping of mappings) {
    switch (mapping.kind) {
      case 'value': {
        const found = mapping.texts.get(String(value));
        if (found !== undefined) return found;
        break;
      }
      case 'range':
        if (typeof value === 'number' && value >= mapping.from && value <= mapping.to) return mapping.result;
        break;
      case 'regex':
        if (typeof value === 'string' && isMatch(mapping.pattern, value)) return mapping.result;
        break;
      case 'special':
        if (isSpecial(mapping.match, value)) return mapping.result;
        break;
    }
  }
  return undefined;
}

function isMatch(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern.replace(/^\/(.*)\/[a-z]*$/s, '$1')).test(value);
  } catch {
    return false;
  }
}

function isSpecial(match: string, value: number | string | null): boolean {
  const isNan = typeof value === 'number' && Number.isNaN(value);
  if (match === 'null') return value === null;
  if (match === 'nan') return isNan;
  if (match === 'null+nan') return value === null || isNan;
  if (match === 'empty') return value === '';
  return match === String(value);
}
