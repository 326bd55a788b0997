import type { Time } from '../values.ts';
import { calendarOf } from './zones.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** As Go's time.RFC3339Nano: no zeros at the end of a second's fraction. */
export function formatRfc3339(time: Time): string {
  const at = calendarOf(time);
  const fraction = at.nanosecond === 0 ? '' : `.${String(at.nanosecond).padStart(9, '0').replace(/0+$/, '')}`;
  const date = `${String(at.year).padStart(4, '0')}-${two(at.month)}-${two(at.day)}`;
  return `${date}T${two(at.hour)}:${two(at.minute)}:${two(at.second)}${fraction}${formatOffset(at.offsetMinutes, 'Z')}`;
}

/** `+02:00`, or `utc` for none. */
export function formatOffset(minutes: number, utc: string, separator = ':'): string {
  if (minutes === 0 && utc !== '') return utc;
  const total = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(total / 60))}${separator}${two(total % 60)}`;
}
