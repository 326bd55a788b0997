/** What an answer is compared by: names, types and values of fields, and labels; no cache, no empty setting. */
import type { DataFrame } from '#dashboards';

/** JSON has no such values. */
function whole(value: unknown): unknown {
  if (value === undefined) return '$undefined';
  if (typeof value === 'number' && !Number.isFinite(value)) return `$${value}`;
  if (Array.isArray(value)) return value.map((each) => (isFrame(each) ? writtenFrame(each) : whole(each)));
  if (typeof value === 'object' && value !== null)
    return isFrame(value)
      ? writtenFrame(value)
      : Object.fromEntries(Object.entries(value).map(([name, each]) => [name, whole(each)]));
  return value;
}

function isFrame(value: unknown): value is DataFrame {
  return typeof value === 'object' && value !== null && 'fields' in value && 'length' in value;
}

function filledOnly(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function writtenFrame({ name, refId, length, fields, meta }: DataFrame): unknown {
  return {
    ...filledOnly({ name, refId, meta: meta && filledOnly(meta) }),
    length,
    fields: fields.map(({ name: field, type, labels, config, values }) => ({
      ...filledOnly({ name: field, type, labels: labels && whole(labels), config: filledOnly(config) }),
      values: whole(Array.from({ length: values.length }, (_, row) => values[row])),
    })),
  };
}

/** Frames as the fixture has them. */
export function written(frames: readonly DataFrame[]): unknown {
  return frames.map(writtenFrame);
}

export function writtenValue(value: unknown): unknown {
  return whole(value);
}
