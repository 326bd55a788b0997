import { changesBetween, fieldsOfItem, isSame } from './changes.ts';
import type { Item, Plain } from './item.ts';

/** A field of an item with what a component did to it: `value` is what it is now, of a removed one what it was. */
export interface MarkedField {
  readonly path: string;
  readonly change?: 'added' | 'removed' | 'changed';
  /** Absent where it is masked. */
  readonly value?: Plain;
  /** Of a changed one. Absent where it is masked. */
  readonly before?: Plain;
  readonly masked?: 'value' | 'before' | 'both';
}

/** Which values may be shown. */
export type MayShow = (path: string, value: Plain) => boolean;

/** The fields of `after`, and those that it lost, in the order of their paths as they stand in the items. */
export function markedFields(before: Item, after: Item): MarkedField[] {
  const changes = new Map(changesBetween(before, after).map((change) => [change.path, change]));
  const fields: MarkedField[] = [];
  for (const { path, value } of fieldsOfItem(before)) {
    const change = changes.get(path);
    if (change === undefined) fields.push({ path, value });
    else if (change.kind === 'removed') fields.push({ path, change: 'removed', value });
    else fields.push({ path, change: 'changed', before: value, value: change.after! });
    changes.delete(path);
  }
  for (const { path, after: value } of changes.values()) fields.push({ path, change: 'added', value: value! });
  return fields;
}

/** The same fields without the values that may not be shown. */
export function masked(fields: readonly MarkedField[], mayShow: MayShow): MarkedField[] {
  return fields.map((field) => {
    const { value, before, ...rest } = field;
    const hidesValue = value !== undefined && !mayShow(field.path, value);
    const hidesBefore = before !== undefined && !mayShow(field.path, before);
    if (!hidesValue && !hidesBefore) return field;
    return {
      ...rest,
      ...(!hidesValue && value !== undefined && { value }),
      ...(!hidesBefore && before !== undefined && { before }),
      masked: hidesValue && hidesBefore ? 'both' : hidesValue ? 'value' : 'before',
    };
  });
}

/**
 * What an item says that no redaction is for: where it belongs and how it is measured. The values of all other fields (attributes, names, bodies,
 * messages) are for whoever may see what the pipeline hands on.
 */
const HARMLESS = new RegExp(
  `^(${[
    '(trace|span|parent_span)_id|flags|kind|status\\.code|severity_number|severity_text',
    '\\w*time_unix_nano|dropped_\\w+|scope\\.(name|version)|((resource|scope)\\.)?schema_url',
    'metric\\.(name|unit|type|aggregation_temporality|is_monotonic)|value|count|sum|min|max|bucket_counts|explicit_bounds',
    'scale|zero_count|(positive|negative)\\.\\w+|zero_threshold|resource\\.attributes\\["service\\.name"\\]',
    '(events|links)\\[\\d+\\]\\.(time_unix_nano|trace_id|span_id|flags)',
  ].join('|')})$`,
);

/** Shows what stands in all of `finals` as it is; where there are none, only what is harmless. */
export function shownAsIn(finals: readonly Item[]): MayShow {
  const known = finals.map((item) => new Map(fieldsOfItem(item).map(({ path, value }) => [path, value])));
  if (known.length === 0) return (path) => HARMLESS.test(path);
  return (path, value) => known.every((fields) => fields.has(path) && isSame(fields.get(path)!, value));
}
