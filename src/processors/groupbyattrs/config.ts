import { list, type Schema, strictObject, text } from '#config';

/** What users write under `groupbyattrs:` (otelcol-contrib processor/groupbyattrsprocessor@v0.161.0). */
export interface GroupByAttrsConfig {
  /** Each once, none empty. */
  readonly keys: readonly string[];
}

export const groupByAttrsSchema: Schema<GroupByAttrsConfig> = strictObject({
  keys: list(text()).describe(
    'attributes that go from items to their resource; without any, what lies apart and has the same resource is put together',
  ),
}).transform(({ keys }) => ({ keys: [...new Set(keys.filter((key) => key !== ''))] }));
