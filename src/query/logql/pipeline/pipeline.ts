/** The stages of a query as one function on lines. */
import { stripVTControlCharacters } from 'node:util';
import {
  type GoFunctions,
  GoTime,
  StringMap,
  TemplateError,
  type TemplateLimits,
  TemplateSet,
} from '#lang/go-template';
import {
  type Extraction,
  type LabelChoice,
  type LabelFormat,
  LogqlError,
  type LogqlRange,
  readLinePattern,
  type Stage,
  takeByPattern,
} from '#lang/logql';
import { Pattern } from '#lang/pattern';
import { matcherTest } from '#lang/promql';
import { type Condition, compileCondition } from './conditions.ts';
import { type Entry, ERROR, ERROR_DETAILS } from './entry.ts';
import { eachJsonField, fieldName, labelName, parseJsonLine, readJsonPath, textAtPath } from './json-fields.ts';
import { eachWrittenValue } from './json-members.ts';
import { compileLineFilter } from './lines.ts';
import { eachLogfmtField, logfmtFault } from './logfmt.ts';
import { MAX_CHARS, TEMPLATE_FUNCTIONS } from './template-functions.ts';
import { TIME_FUNCTIONS } from './template-times.ts';

/** What happens to a line; false where it goes. */
export type Step = (entry: Entry) => boolean;

/** Compiles stages. Throws LogqlError for what only shows now: a template or a path that is none. `text`: the query's. */
export function compilePipeline(stages: readonly Stage[], text: string): Step {
  const steps = stages.map((stage) => compileStage(stage, text));
  return (entry) => {
    for (const step of steps) if (!step(entry)) return false;
    return true;
  };
}

function compileStage(stage: Stage, text: string): Step {
  switch (stage.kind) {
    case 'line': {
      const test = blaming(text, undefined, () => compileLineFilter(stage));
      return (entry) => test(entry.line);
    }
    case 'filter':
      return blaming(text, undefined, (): Condition => compileCondition(stage.filter));
    case 'json':
      return stage.extractions.length === 0 ? parseJson : takeFromJson(stage.extractions, text);
    case 'logfmt':
      return logfmt(stage.extractions, stage.isStrict, stage.keepsEmpty);
    case 'unpack':
      return unpack;
    case 'pattern':
      return byPattern(stage.pattern);
    case 'regexp':
      return byRegexp(stage.pattern);
    case 'decolorize':
      return decolorize;
    case 'line_format':
      return lineFormat(stage.template, stage.range, text);
    case 'label_format':
      return labelFormat(stage, text);
    case 'drop':
    case 'keep':
      return choose(stage);
  }
}

/** What goes wrong while a stage is made is a mistake of the query. */
function blaming<T>(text: string, range: LogqlRange | undefined, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new LogqlError((error as Error).message, range ?? { start: 0, end: text.length }, text);
  }
}

function parseJson(entry: Entry): boolean {
  const { line } = entry;
  try {
    eachJsonField(parseJsonLine(line), (name, value) => entry.extract(name, value));
  } catch {
    const fault = eachWrittenValue(line, (keys, value) => entry.extract(fieldName(keys), value));
    if (fault !== undefined) entry.fail('JSONParserErr', fault);
  }
  return true;
}

function takeFromJson(extractions: readonly Extraction[], text: string): Step {
  const paths = extractions.map(({ label, expression }) => ({
    label,
    path: blaming(text, undefined, () => readJsonPath(expression)),
  }));
  return (entry) => {
    try {
      const value = parseJsonLine(entry.line);
      for (const { label, path } of paths) {
        const found = textAtPath(entry.line, value, path);
        if (found !== '' || !entry.has(label)) entry.extract(label, found);
      }
    } catch (error) {
      for (const { label } of paths) if (!entry.has(label)) entry.extract(label, '');
      entry.fail('JSONParserErr', eachWrittenValue(entry.line, () => undefined) ?? (error as Error).message);
    }
    return true;
  };
}

function logfmt(extractions: readonly Extraction[], isStrict: boolean, keepsEmpty: boolean): Step {
  const wanted = extractions.length === 0 ? undefined : Map.groupBy(extractions, ({ expression }) => expression);
  return (entry) => {
    const take = (key: string, value: string): void => {
      if (wanted !== undefined) {
        for (const { label } of wanted.get(key) ?? []) entry.extract(label, value);
      } else if (value !== '' || keepsEmpty) entry.extract(labelName(key), value);
    };
    const fault = eachLogfmtField(entry.line, take, isStrict);
    for (const { label } of extractions) if (!entry.has(label)) entry.extract(label, '');
    if (isStrict && fault !== undefined) entry.fail('LogfmtParserErr', logfmtFault(entry.line, fault));
    return true;
  };
}

/** What Promtail's `pack` made: its labels come back, and the line that it was. */
function unpack(entry: Entry): boolean {
  try {
    const fields = Object.entries(parseJsonLine(entry.line));
    const line = fields.find(([key]) => key === '_entry')?.[1] as unknown;
    if (typeof line !== 'string') return true;
    for (const [key, value] of fields)
      if (typeof value === 'string' && key !== '_entry' && key !== '') entry.extract(labelName(key), value);
    entry.line = line;
  } catch {
    entry.fail('JSONParserErr', 'expecting json object(6), but it is not');
  }
  return true;
}

function byPattern(source: string): Step {
  const parts = readLinePattern(source, true);
  const names = parts.flatMap((part) => ('name' in part ? [part.name] : []));
  return (entry) => {
    const taken = takeByPattern(parts, entry.line);
    for (const [i, value] of taken.entries()) {
      const name = names[i];
      if (name !== undefined && value !== undefined) entry.extract(name, value);
    }
    return true;
  };
}

function byRegexp(source: string): Step {
  const pattern = new Pattern(source);
  return (entry) => {
    const places = pattern.find(entry.line);
    if (places === undefined) return true;
    for (const [group, name] of pattern.groupNames.entries()) {
      const start = places[group * 2]!;
      if (name !== undefined) entry.extract(name, start < 0 ? '' : entry.line.slice(start, places[group * 2 + 1]));
    }
    return true;
  };
}

/** Takes colours and other sequences of terminals out of the line. */
function decolorize(entry: Entry): boolean {
  entry.line = stripVTControlCharacters(entry.line);
  return true;
}

/** `__line__` and `__timestamp__` of the line at hand. */
function ofLine(entry: () => Entry): GoFunctions {
  return {
    __line__: { params: [], call: () => entry().line },
    __timestamp__: { params: [], call: () => new GoTime(entry().timeNs) },
  };
}

/** As long as a line of Loki's may be, and some milliseconds of work. */
const TEMPLATE_LIMITS: TemplateLimits = { steps: 20_000, characters: MAX_CHARS };

/** A template that gives a text for an entry's labels. */
class EntryTemplate {
  readonly #set: TemplateSet;
  #entry!: Entry;

  constructor(template: string) {
    this.#set = new TemplateSet({ ...TEMPLATE_FUNCTIONS, ...TIME_FUNCTIONS, ...ofLine(() => this.#entry) }).add(
      'line',
      template,
    );
  }

  /** `labels`: the entry's, now or before. Throws TemplateError. */
  text(entry: Entry, labels = new StringMap(entry.pairs())): string {
    this.#entry = entry;
    return this.#set.execute('line', labels, { missingKey: 'zero', limits: TEMPLATE_LIMITS });
  }
}

function lineFormat(source: string, range: LogqlRange, text: string): Step {
  const template = blaming(text, range, () => new EntryTemplate(source));
  return (entry) => {
    try {
      entry.line = template.text(entry);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      entry.fail('TemplateFormatErr', error.message);
    }
    return true;
  };
}

/** All templates of one stage see the labels that there are for the first of them; one that fails leaves its label as it was. */
function labelFormat({ assignments, range }: LabelFormat, text: string): Step {
  const formats = assignments.map(({ label, from }) => ({
    label,
    from: 'label' in from ? from.label : blaming(text, range, () => new EntryTemplate(from.template)),
  }));
  return (entry) => {
    let labels: StringMap | undefined;
    for (const { label, from } of formats) {
      if (typeof from === 'string') rename(entry, from, label);
      else {
        labels ??= new StringMap(entry.pairs());
        fillLabel(entry, label, from, labels);
      }
    }
    return true;
  };
}

function rename(entry: Entry, from: string, to: string): void {
  if (!entry.has(from)) return;
  entry.set(to, entry.get(from));
  entry.remove(from);
}

function fillLabel(entry: Entry, label: string, template: EntryTemplate, labels: StringMap): void {
  try {
    entry.set(label, template.text(entry, labels));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    entry.fail('TemplateFormatErr', error.message);
  }
}

function choose({ kind, labels }: LabelChoice): Step {
  const choices = labels.map((each) => ({
    name: typeof each === 'string' ? each : each.name,
    test: typeof each === 'string' ? () => true : matcherTest(each),
  }));
  const isMeant = (name: string, value: string): boolean =>
    choices.some((choice) => choice.name === name && choice.test(value));
  return (entry) => {
    for (const [name, value] of Array.from(entry.pairs())) {
      const isError = name === ERROR || name === ERROR_DETAILS;
      if (kind === 'drop' ? isMeant(name, value) : !isError && !isMeant(name, value)) entry.remove(name);
    }
    return true;
  };
}
