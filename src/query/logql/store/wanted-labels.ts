/** Lines that can't have a label which a query asks for, left out by the store. */
import type { Labels } from '../../promql/labels.ts';
import type { ReadOptions, StoreReader } from '../../reader/index.ts';
import { resources, scopes } from '../../source/index.ts';
import { allOf, anyOf, id, integer, joinSql, raw, type Sql, sql, text } from '../../sql/index.ts';
import type { WantedLabel, WantedNumber, WantedText } from '../line-filters.ts';
import { BY_SEVERITY } from './level.ts';
import { metadataName } from './structured.ts';
import { LAST_WORD, mayLieWithin, WRITTEN, writtenForm } from './written-values.ts';

/** What a record may have as structured metadata without an attribute of that name. */
const FIELDS: ReadonlySet<string> = new Set([
  'detected_level',
  'dropped_attributes_count',
  'event_name',
  'flags',
  'observed_timestamp',
  'scope_name',
  'scope_version',
  'severity_number',
  'severity_text',
  'span_id',
  'trace_id',
]);
/** Bytes of the ids that are fields. */
const IDS: Readonly<Record<string, number>> = { trace_id: 16, span_id: 8 };

/**
 * A condition that all lines meet which have the wanted labels, where their bodies are texts; undefined where there is none. What a stream says is
 * no business of it, and what an attribute may say is left alone. `pathsOf`: those of the attributes that the lines may have.
 */
export async function wantedCondition(
  wanted: readonly WantedLabel[],
  streams: ReadonlyMap<string, Labels>,
  pathsOf: () => Promise<readonly string[]>,
): Promise<Sql | undefined> {
  const ofRecord = wanted.filter(
    ({ name }) => !name.startsWith('__') && [...streams.values()].every((labels) => labels.get(name) === ''),
  );
  // A record's own level hides what an attribute or the line calls so.
  const levels = ofRecord.flatMap((label) => (label.kind === 'text' ? (levelCondition(label) ?? []) : []));
  const told = ofRecord.filter((label) => isIdOf(label) || isOfLine(label));
  const paths = told.length === 0 ? [] : await pathsOf();
  const certain = told.filter(({ name }) => !paths.some((path) => mayName(path, name)));
  const all = [...levels, ...certain.map(conditionOf)];
  return all.length === 0 ? undefined : allOf(all);
}

function conditionOf(label: WantedLabel): Sql {
  if (label.kind === 'number') return numberInLine(label);
  return isIdOf(label) ? idCondition(label) : inLine(label);
}

/** Without a severity, and with one that is none, it is something else that tells the level. */
function levelCondition({ name, texts, isWhole }: WantedText): Sql | undefined {
  const places = texts.map((level) => BY_SEVERITY.indexOf(level as (typeof BY_SEVERITY)[number]));
  if (name !== 'detected_level' || !isWhole || places.includes(-1)) return undefined;
  const numbers = places.flatMap((place) => [1, 2, 3, 4].map((each) => sql`${integer(place * 4 + each)}`));
  return sql`(severity_number IN (${joinSql(numbers, ', ')}) OR severity_number = 0 OR severity_number > 24)`;
}

function isIdOf(label: WantedLabel): label is WantedText {
  if (label.kind === 'number') return false;
  const { name, texts, isWhole } = label;
  const bytes = IDS[name];
  return bytes !== undefined && isWhole && texts.every((each) => each.length === 2 * bytes && /^[0-9a-f]+$/.test(each));
}

function idCondition(label: WantedText): Sql {
  const { name, texts, isParsed } = label;
  const isId = sql`${raw(name)} IN (${joinSql(
    texts.map((each) => id(each, IDS[name]!)),
    ', ',
  )})`;
  return isParsed ? anyOf([isId, inLine(label)]) : isId;
}

/** Whether nothing but the line and an attribute can say it. */
function isOfLine(label: WantedLabel): boolean {
  const { name, isParsed } = label;
  // A digit in front of a part of a key is named otherwise.
  if (!isParsed || FIELDS.has(name) || name.includes('key_')) return false;
  if (label.kind === 'number') return LAST_WORD.test(name) && !name.endsWith('_extracted');
  // What is no UTF-8 reads as another text than is stored.
  return !label.texts.some((each) => each.includes('\ufffd'));
}

/** Of several values one may be the label's. */
function numberInLine({ name, least, most, unit }: WantedNumber): Sql {
  const word = LAST_WORD.exec(name)![0];
  const bounds = mayLieWithin(WRITTEN[unit].value(raw(`replaceAll(v, '"', '')`)), least, most);
  const values = sql`extractAll(body, ${text(`${word}"?\\s*[:=]\\s*("[^"]*"?|[^\\s",}\\]]*)`)})`;
  const mayBe = sql`arrayExists(v -> NOT match(v, ${writtenForm(unit)}) OR ${allOf(bounds)}, ${values})`;
  return anyOf([allOf([sql`position(body, ${text(word)}) > 0`, mayBe]), sql`position(body, ${text('\\')}) > 0`]);
}

/** As it is, or with escapes. */
function inLine({ texts }: WantedText): Sql {
  return anyOf([...texts, '\\'].map((each) => sql`position(body, ${text(each)}) > 0`));
}

/** A map is one path or several; what stands in it is named by all of the keys. */
function mayName(path: string, name: string): boolean {
  return `${name}_`.startsWith(`${metadataName(path)}_`);
}

const EXTRACTED = '_extracted';

/** Whether no attribute, nor what else a record says besides its line, can be one of these labels. */
export function areOfLines(labels: readonly string[], paths: readonly string[]): boolean {
  return labels.every((label) => {
    // What has a stream's label for a name, or is taken out of a line under one that is there, is called so.
    const plain = label.endsWith(EXTRACTED) ? [label.slice(0, -EXTRACTED.length)] : [];
    return (
      !FIELDS.has(label) &&
      !paths.some((path) => mayName(path, label)) &&
      (plain.length === 0 || areOfLines(plain, paths))
    );
  });
}

/** Paths of the attributes of records, and of all resources and scopes. `where`: the rows of `logs` that are asked for. */
export async function metadataPaths(
  reader: StoreReader,
  where: Sql,
  options?: ReadOptions,
): Promise<readonly string[]> {
  const distinct = sql`distinctJSONPaths(attributes) AS paths`;
  const table = await reader.read(
    sql`SELECT ${distinct}, distinctJSONPaths(attributes_other) AS more ${where}
      UNION ALL SELECT ${distinct}, [] AS more ${resources.rows}
      UNION ALL SELECT ${distinct}, [] AS more ${scopes.rows}`,
    options,
  );
  const columns = [table.column<readonly string[]>('paths'), table.column<readonly string[]>('more')];
  return columns.flatMap((lists) => lists.flat());
}
