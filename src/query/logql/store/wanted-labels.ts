/** Lines that can't have a label which a query asks for, left out by the store. */
import type { Labels } from '../../promql/labels.ts';
import { allOf, anyOf, id, integer, joinSql, raw, type Sql, sql, text } from '../../sql/index.ts';
import type { WantedLabel, WantedNumber, WantedText } from '../line-filters.ts';
import { BY_SEVERITY } from './level.ts';
import { FIELDS, mayName } from './metadata-paths.ts';
import { LAST_WORD, mayLieWithin, WRITTEN, writtenForm } from './written-values.ts';

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
