/** How the lines of a chart are called. */

export type PromLabels = Readonly<Record<string, string>>;

/** `{{label}}` is the label's value, nothing for one that the series lacks; blanks around it don't matter. */
function formatted(format: string, labels: PromLabels): string {
  return format.replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
}

/** `name{label="x"}`, as people write it. */
export function seriesName(labels: PromLabels): string {
  const { __name__: name = '', ...others } = labels;
  const pairs = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name || '{}' : `${name}{${pairs.join(', ')}}`;
}

/**
 * A name for each, all different. Without a format only labels whose values differ are worth their room: the values alone where it is one
 * label, the query's own text for a single series without labels.
 */
export function lineNames(series: readonly PromLabels[], format: string, text: string): readonly string[] {
  const names =
    format === '' ? plainNames(series, text) : series.map((labels) => formatted(format, labels) || seriesName(labels));
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

function plainNames(series: readonly PromLabels[], text: string): readonly string[] {
  if (series.length === 1) return [Object.keys(series[0]!).length === 0 ? text : seriesName(series[0]!)];
  const keys = [...new Set(series.flatMap(Object.keys))].filter(
    (key) => new Set(series.map((labels) => labels[key] ?? '')).size > 1,
  );
  // One may lack a label that the others have, and the names would not tell them apart without the rest.
  const [only] = keys;
  if (only !== undefined && keys.length === 1) return series.map((labels) => labels[only] || `${only}=""`);
  return series.map((labels) =>
    seriesName(Object.fromEntries(keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])))),
  );
}
