import { compareText } from '#base';
import { type AnyValue, type AttributeCursor, attributeKey, valueText } from '#pdata';
import { type ExposedLabel, type NamingStrategy, writtenLabelName } from '#wire';

export type Entry = readonly [key: string, value: string];

const SERVICE_NAME = attributeKey('service.name');
const SERVICE_NAMESPACE = attributeKey('service.namespace');
const SERVICE_INSTANCE = attributeKey('service.instance.id');
export const SERVICE_KEYS: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

/** Attributes in the order of their keys; those with an empty text are none. */
export function entriesOf(attributes: Iterable<readonly [string, AnyValue]>): Entry[] {
  const entries: Entry[] = [];
  for (const [key, value] of attributes) {
    const text = valueText(value);
    if (text !== '') entries.push([key, text]);
  }
  return entries.sort(([one], [other]) => compareText(one, other));
}

/** `job` and `instance`, as far as the resource has them. */
export function identityOf(resource: AttributeCursor): Entry[] {
  const text = (value: AnyValue | undefined): string => (value === undefined ? '' : valueText(value));
  const name = text(resource.get(SERVICE_NAME));
  const namespace = resource.get(SERVICE_NAMESPACE);
  const instance = text(resource.get(SERVICE_INSTANCE));
  const labels: Entry[] = [];
  if (name !== '') labels.push(['job', namespace === undefined ? name : `${valueText(namespace)}/${name}`]);
  if (instance !== '') labels.push(['instance', instance]);
  return labels;
}

/** Attributes that become one label are joined. Undefined where one can't be a label. */
export function namedLabels(entries: readonly Entry[], naming: NamingStrategy): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const [key, value] of entries) {
    const name = writtenLabelName(key, naming);
    if (name === '') return undefined;
    const before = labels.get(name);
    if (before === undefined) labels.set(name, value);
    else if (before !== value) labels.set(name, `${before};${value}`);
  }
  return labels;
}

export function sortedLabels(labels: ReadonlyMap<string, string>): ExposedLabel[] {
  return [...labels].sort(([one], [other]) => compareText(one, other));
}
