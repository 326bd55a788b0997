/** Labels of series as texts. */
import { goNumber, goQuoted } from '#base';
import { printGoDuration, type TraceqlValue } from '#lang/traceql';
import type { StoredValue } from '../reader/index.ts';
import type { FoundAttribute } from './answers.ts';
import type { ManyValues } from './field-value.ts';

/** The value of a label of what is not there. */
export const NIL_LABEL: StoredValue = { type: 'string', value: 'nil' };

/** As Prometheus writes labels; a name that its older versions do not know stands in quotes. */
export function promLabels(labels: readonly FoundAttribute[]): string {
  const texts = labels.map(
    ({ key, value }) => `${/^[a-zA-Z_]\w*$/.test(key) ? key : goQuoted(key)}=${goQuoted(labelText(value))}`,
  );
  return `{${texts.join(', ')}}`;
}

function labelText(value: StoredValue): string {
  if (value === NIL_LABEL) return '<nil>';
  if (value.type === 'string') return value.value === '' ? '<empty>' : value.value;
  if (value.type === 'array') return `[${value.value.map(labelText).join(', ')}]`;
  if (value.type === 'double') return goNumber(value.value);
  return value.type === 'bytes' || value.type === 'map' ? '<value>' : String(value.value);
}

/** A single value as a text that is no part of a query. */
export function printValue(value: TraceqlValue | ManyValues): string {
  if (value.type === 'many') return `[${value.items.map(printValue).join(', ')}]`;
  if (value.type === 'duration') return printGoDuration(value.value);
  return value.type === 'nil' ? 'nil' : String(value.value);
}
