/** A zone of Go at one moment. */
export interface Zone {
  /** Minutes east of UTC. */
  readonly offset: number;
  readonly name: string;
}

export const UTC: Zone = { offset: 0, name: 'UTC' };

/** The zone of an offset as RFC 3339 writes it, `+02:00` or `Z`; Go names such zones by their offset. */
export function offsetZone(written: string): Zone {
  const [, sign, hours, minutes] = /^([-+])(\d\d):?(\d\d)?$/.exec(written) ?? [];
  if (sign === undefined) return UTC;
  const size = Number(hours) * 60 + Number(minutes ?? 0);
  const offset = sign === '-' ? -size : size;
  return offset === 0 ? UTC : { offset, name: printOffset(offset, '') };
}

/** The zone of a name, `Europe/Berlin` or `Local`, at a moment. Throws an Error where there is none of the name. */
export function namedZone(name: string, ms: number): Zone {
  if (name === '' || name === 'UTC') return UTC;
  const shown = (timeZoneName: 'longOffset' | 'short'): string => {
    const format = new Intl.DateTimeFormat('en-US', { ...(name !== 'Local' && { timeZone: name }), timeZoneName });
    return format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')!.value;
  };
  try {
    const { offset } = offsetZone(shown('longOffset').replace(/^GMT/, ''));
    const short = shown('short');
    return { offset, name: /^[A-Z]{3,5}$/.test(short) ? short : printOffset(offset, '') };
  } catch {
    throw new Error(`unknown time zone ${name}`);
  }
}

/** `+0530`, or with a separator `+05:30`. */
export function printOffset(minutes: number, separator: string): string {
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
}
