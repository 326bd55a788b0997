import { type Cell, type DataField, type DataFrame, displayNameOf, plainField } from '../frames/data-frame.ts';
import { type JsonObject, textOf } from '../json.ts';

type Row = Map<string, Cell>;

/** Rows of all frames as one: those that agree in what all frames have, and contradict in nothing, become one row. */
export function mergeFrames(frames: readonly DataFrame[]): readonly DataFrame[] {
  if (frames.length < 2) return frames;
  const filled = frames.filter(({ fields }) => fields.length > 0);
  if (filled.length === 0) return [frames[0]!];
  const fields = new Map<string, DataField>();
  for (const frame of filled)
    for (const field of frame.fields) if (!fields.has(field.name)) fields.set(field.name, field);
  const shared = [...fields.keys()].filter((name) =>
    filled.every((frame) => frame.fields.some((each) => each.name === name)),
  );
  if (shared.length === 0) return frames;
  const rows = gatherRows(filled, shared);
  const columns = [...fields].map(([name, { type, config }]): DataField => {
    const { displayName: _, ...rest } = config;
    return { name, type, config: rest, values: rows.map((row) => (row.has(name) ? row.get(name) : undefined)) };
  });
  return [{ refId: `merge-${filled.map(({ refId }) => refId).join('-')}`, fields: columns, length: rows.length }];
}

function gatherRows(frames: readonly DataFrame[], shared: readonly string[]): readonly Row[] {
  const byKey = new Map<string, Row[]>();
  const rows: Row[] = [];
  for (const frame of frames) {
    const own = new Map(frame.fields.map((field) => [field.name, field]));
    for (let at = 0; at < frame.length; at++) {
      const key = shared.map((name) => String(own.get(name)!.values[at])).join('\0');
      const row: Row = new Map([...own].map(([name, { values }]) => [name, values[at]]));
      const alike = byKey.get(key) ?? [];
      byKey.set(key, alike);
      const partners = alike.filter((other) => isMergeable(other, row));
      for (const partner of partners) for (const [name, value] of row) partner.set(name, value);
      if (partners.length > 0) continue;
      alike.push(row);
      rows.push(row);
    }
  }
  return rows;
}

function isMergeable(existing: Row, row: Row): boolean {
  for (const [name, value] of row) {
    const before = existing.get(name);
    if (before !== undefined && before !== null && before !== value) return false;
  }
  return true;
}

/** All fields in one frame, side by side; shorter ones end earlier. */
export function concatenate(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  if (frames.length < 2) return frames;
  const length = Math.max(...frames.map((frame) => frame.length));
  const mode = textOf(options.frameNameMode) ?? 'field';
  const label = textOf(options.frameNameLabel) ?? 'frame';
  const fields = frames.flatMap((frame) =>
    frame.fields.map((field) => {
      const values = field.values.length === length ? field.values : filledTo(field.values, length);
      if (!frame.name || mode === 'drop') return { ...field, values };
      if (mode === 'label') return { ...field, values, labels: { ...field.labels, [label]: frame.name } };
      const name = field.name === '' || field.name === 'Value' ? frame.name : `${frame.name} · ${field.name}`;
      return { ...field, values, name };
    }),
  );
  return [{ fields, length }];
}

function filledTo(values: readonly Cell[], length: number): Cell[] {
  return Array.from({ length }, (_, row) => values[row]);
}

/** A column per label of each series, or a frame per series with its labels as rows. */
export function labelsToFields(frames: readonly DataFrame[], options: JsonObject): readonly DataFrame[] {
  const kept = Array.isArray(options.keepLabels) ? options.keepLabels.map(String) : undefined;
  if (options.mode === 'rows') return frames.flatMap((frame) => labelRows(frame, frames, kept));
  const wanted = kept === undefined || kept.length === 0 ? undefined : new Set(kept);
  return frames.map((frame) => {
    const values = new Map<string, Set<string>>();
    const fields = frame.fields.map((field) => {
      if (field.labels === undefined) return field;
      let { name } = field;
      for (const [label, value] of Object.entries(field.labels)) {
        if (wanted !== undefined && !wanted.has(label)) continue;
        if (label === options.valueLabel) name = value;
        else values.set(label, (values.get(label) ?? new Set()).add(value));
      }
      const { displayName: _, displayNameFromDS: __, ...config } = field.config;
      return { name, type: field.type, values: field.values, config };
    });
    const labels = [...values].flatMap(([label, set]) =>
      [...set].map((value) => plainField(label, 'string', new Array<Cell>(frame.length).fill(value))),
    );
    return { ...frame, fields: [...fields, ...labels] };
  });
}

function labelRows(frame: DataFrame, frames: readonly DataFrame[], kept: readonly string[] | undefined): DataFrame[] {
  return frame.fields.flatMap((field) => {
    if (field.labels === undefined) return [];
    const names = kept ?? Object.keys(field.labels);
    if (names.length === 0) return [];
    const values = names.map((name) => field.labels![name]);
    const fields = [plainField('label', 'string', [...names]), plainField('value', 'string', values)];
    return [{ ...frame, name: displayNameOf(field, frame, frames), fields, length: names.length }];
  });
}
