import { compareText } from '#base';
import { type AnyValue, type AttributeCursor, attributeKey, valueText } from '#pdata';
import { exposedLabelName, LabelSet, type NamingStrategy } from '#wire';

const SERVICE_NAME = attributeKey('service.name');
const SERVICE_NAMESPACE = attributeKey('service.namespace');
const SERVICE_INSTANCE = attributeKey('service.instance.id');
const SERVICE_KEYS: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

export type Entry = readonly [key: string, value: string];

/** In the order of their keys, so that the same attributes are the same text. */
export function sortedEntries(attributes: Iterable<readonly [string, AnyValue]>): Entry[] {
  const entries: Entry[] = [];
  for (const [key, value] of attributes) entries.push([key, valueText(value)]);
  return entries.sort(([one], [other]) => compareText(one, other));
}

/** `job` and `instance`, where the resource says them. */
export function identityOf(resource: AttributeCursor): { readonly job?: string; readonly instance?: string } {
  const name = resource.get(SERVICE_NAME);
  const namespace = resource.get(SERVICE_NAMESPACE);
  const instance = resource.get(SERVICE_INSTANCE);
  const prefix = namespace === undefined ? '' : `${valueText(namespace)}/`;
  return {
    ...(name !== undefined && { job: `${prefix}${valueText(name)}` }),
    ...(instance !== undefined && { instance: valueText(instance) }),
  };
}

/**
 * The labels of a series. Attributes that become the same label are joined by `;`, as the specification wants. `fixed` are those that
 * aren't attributes of the point; an attribute of such a name is `exported_…` then. Undefined where a key can't be a label.
 */
export function labelsOf(
  attributes: readonly Entry[],
  fixed: readonly Entry[],
  naming: NamingStrategy,
  reserved: string,
): LabelSet | undefined {
  const labels = new Map<string, string>(fixed);
  const own = new Set<string>();
  for (const [key, value] of attributes) {
    let name = exposedLabelName(key, naming);
    if (name === '') return undefined;
    if (name === reserved || (labels.has(name) && !own.has(name))) name = `exported_${name}`;
    const before = own.has(name) ? labels.get(name) : undefined;
    labels.set(name, before === undefined ? value : `${before};${value}`);
    own.add(name);
  }
  return new LabelSet([...labels].sort(([one], [other]) => compareText(one, other)));
}

/** Of `target_info`: all attributes of the resource but those that `job` and `instance` are made of. */
export function targetLabels(
  resource: readonly Entry[],
  job: string,
  instance: string,
  naming: NamingStrategy,
): LabelSet {
  const others = resource.filter(([key]) => !SERVICE_KEYS.has(key) && exposedLabelName(key, naming) !== '');
  const fixed: Entry[] = [
    ['job', job],
    ['instance', instance],
  ];
  return labelsOf(others, fixed, naming, '')!;
}
