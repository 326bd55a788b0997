import { fail, type Value, type ValueMap } from '#ottl';

const DIRECTIVES: ReadonlyMap<string, string> = new Map([
  ['version', 'elf.version'],
  ['software', 'elf.software'],
  ['date', 'elf.date'],
  ['start-date', 'elf.start_date'],
  ['end-date', 'elf.end_date'],
  ['remark', 'elf.remark'],
]);
/** A value in quotes, in which a quote is doubled, or one without; an open quote is a mistake. */
const VALUE = /[ \t]*(?:"((?:[^"]|"")*)"|([^" \t][^ \t]*)|("))/y;

/** A text in the Extended Log Format (https://www.w3.org/TR/WD-logfile.html): its directives, and the entries as maps. */
export function parseElf(text: string): ValueMap {
  const entries: Value[] = [];
  const map: ValueMap = new Map([['elf.entries', entries]]);
  let fields: readonly string[] = [];
  for (const line of text.split(/[\r\n]+/).map((each) => each.trim())) {
    if (line === '') continue;
    if (!line.startsWith('#')) {
      if (fields.length === 0) fail('invalid ELF: data entry found before #Fields directive');
      entries.push(entryOf(line, fields));
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 0) {
      if (/^fields/i.test(line.slice(1).trim())) fail(`invalid ELF: malformed #Fields directive "${line}"`);
      continue;
    }
    const key = line.slice(1, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const name = DIRECTIVES.get(key);
    if (name !== undefined) map.set(name, value);
    else if (key === 'fields') fields = value.split(/\s+/).filter((each) => each !== '');
  }
  if (!map.has('elf.version')) fail('invalid ELF: missing #Version directive');
  map.set('elf.fields', [...fields]);
  return map;
}

/** Values that are missing are `-`, and those without a field are left out. */
function entryOf(line: string, fields: readonly string[]): ValueMap {
  const values: string[] = [];
  VALUE.lastIndex = 0;
  for (let found = VALUE.exec(line); found !== null; found = VALUE.exec(line)) {
    if (found[3] !== undefined) fail(`invalid ELF: unterminated quoted value in data line: "${line}"`);
    values.push(found[2] ?? found[1]!.replaceAll('""', '"'));
  }
  return new Map(fields.map((field, i): [string, Value] => [field, values[i] ?? '-']));
}
