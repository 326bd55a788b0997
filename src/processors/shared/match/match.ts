import { equalAt } from '#base';
import { Pattern } from '#lang/pattern';
import {
  type AnyValue,
  ArenaWriter,
  type AttributeCursor,
  attributeKey,
  type Chunk,
  LogChunk,
  PointChunk,
  SpanChunk,
  valueText,
} from '#pdata';
import { scalarText } from '../attribute-actions/values.ts';
import type { AttributeMatchConfig, MatchConfig } from './config.ts';

/** Whether a row of a chunk matches. */
export type RowTest = (row: number) => boolean;
/** Made ready once per chunk. */
export type Matcher = (chunk: Chunk) => RowTest;

const SERVICE_NAME = attributeKey('service.name');
/** What contrib compares where a resource has no service name. */
const NO_SERVICE_NAME = '<nil-service-name>';
const KIND_NAMES = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((k) => `SPAN_KIND_${k}`);

/** The rows that `include` takes in and `exclude` does not take out; undefined where that is all of them. */
export function compileFilter(include: MatchConfig | undefined, exclude: MatchConfig | undefined): Matcher | undefined {
  const isIncluded = include && compileMatcher(include);
  const isExcluded = exclude && compileMatcher(exclude);
  if (isIncluded === undefined && isExcluded === undefined) return undefined;
  return (chunk) => {
    const included = isIncluded?.(chunk) ?? (() => true);
    const excluded = isExcluded?.(chunk) ?? (() => false);
    return (row) => included(row) && !excluded(row);
  };
}

function compileMatcher(config: MatchConfig): Matcher {
  const tests: Matcher[] = [];
  const texts = (items: readonly string[]): TextTest => textTest(config.matchType, items);
  if (config.services.length > 0) tests.push(serviceMatcher(texts(config.services)));
  if (config.resources.length > 0) tests.push(resourceMatcher(config));
  if (config.libraries.length > 0) tests.push(libraryMatcher(config));
  if (config.metricNames.length > 0) tests.push(metricMatcher(texts(config.metricNames)));
  if (config.spanNames.length > 0) tests.push(spanNameMatcher(texts(config.spanNames)));
  if (config.spanKinds.length > 0) tests.push(spanKindMatcher(texts(config.spanKinds)));
  if (config.logSeverityNumber !== undefined) tests.push(severityMatcher(config.logSeverityNumber));
  if (config.logSeverityTexts.length > 0) tests.push(severityTextMatcher(texts(config.logSeverityTexts)));
  if (config.logBodies.length > 0) tests.push(bodyMatcher(texts(config.logBodies)));
  if (config.attributes.length > 0) tests.push(attributesMatcher(config));
  return (chunk) => {
    const ready = tests.map((test) => test(chunk));
    return (row) => ready.every((test) => test(row));
  };
}

function serviceMatcher(isService: TextTest): Matcher {
  return (chunk) => {
    const test = once(chunk.resourceCount, (resource) => {
      const name = chunk.resourceAttributes.of(resource).get(SERVICE_NAME);
      return isService(name === undefined ? NO_SERVICE_NAME : valueText(name));
    });
    return (row) => test(chunk.resourceOf(row));
  };
}

function resourceMatcher({ resources, matchType }: MatchConfig): Matcher {
  const tests = resources.map((resource) => attributeTest(resource, matchType));
  return (chunk) => {
    const test = once(chunk.resourceCount, (resource) =>
      tests.every((each) => each(chunk, chunk.resourceAttributes.of(resource))),
    );
    return (row) => test(chunk.resourceOf(row));
  };
}

function libraryMatcher({ libraries, matchType }: MatchConfig): Matcher {
  const tests = libraries.map(({ name, version }) => ({
    name: textTest(matchType, [name]),
    version: version === undefined ? () => true : textTest(matchType, [version]),
  }));
  return (chunk) => {
    const test = once(chunk.scopeCount, (scope) =>
      tests.some((each) => each.name(chunk.scopeName(scope)) && each.version(chunk.scopeVersion(scope))),
    );
    return (row) => test(chunk.layout.rowScope[row]!);
  };
}

function metricMatcher(isName: TextTest): Matcher {
  return (chunk) => {
    if (!(chunk instanceof PointChunk)) return () => false;
    const test = once(chunk.metrics.nameAt.length, (metric) => isName(chunk.metricName(metric)));
    return (row) => test(chunk.columns.metric[row]!);
  };
}

function spanNameMatcher(isName: TextTest): Matcher {
  return (chunk) => {
    if (!(chunk instanceof SpanChunk)) return () => false;
    const span = chunk.view();
    return (row) => {
      span.row = row;
      return isName(span.name);
    };
  };
}

function spanKindMatcher(isKind: TextTest): Matcher {
  const matches = KIND_NAMES.map(isKind);
  return (chunk) => (row) => chunk instanceof SpanChunk && matches[chunk.columns.kind[row]!] === true;
}

function severityMatcher({ min, matchUndefined }: NonNullable<MatchConfig['logSeverityNumber']>): Matcher {
  return (chunk) => (row) => {
    if (!(chunk instanceof LogChunk)) return false;
    const severity = chunk.columns.severityNumber[row]!;
    return severity === 0 ? matchUndefined : severity >= min;
  };
}

function severityTextMatcher(isText: TextTest): Matcher {
  return (chunk) => {
    if (!(chunk instanceof LogChunk)) return () => false;
    const log = chunk.view();
    return (row) => {
      log.row = row;
      return isText(log.severityText);
    };
  };
}

function bodyMatcher(isBody: TextTest): Matcher {
  return (chunk) => {
    if (!(chunk instanceof LogChunk)) return () => false;
    const log = chunk.view();
    return (row) => {
      log.row = row;
      return isBody(valueText(log.body));
    };
  };
}

function attributesMatcher({ attributes, matchType }: MatchConfig): Matcher {
  const tests = attributes.map((attribute) => attributeTest(attribute, matchType));
  return (chunk) => (row) => tests.every((test) => test(chunk, chunk.rowAttributes.of(row)));
}

type TextTest = (text: string) => boolean;

function textTest(matchType: MatchConfig['matchType'], items: readonly string[]): TextTest {
  if (matchType === 'strict') {
    const wanted = new Set(items);
    return (text) => wanted.has(text);
  }
  const patterns = items.map((item) => new Pattern(item));
  return (text) => patterns.some((pattern) => pattern.test(text));
}

/** Whether the owner that the cursor stands on has the attribute, with the value if one is given: of the same type, too. */
function attributeTest(
  { key: name, value }: AttributeMatchConfig,
  matchType: MatchConfig['matchType'],
): (chunk: Chunk, attributes: AttributeCursor) => boolean {
  const key = attributeKey(name);
  if (value === undefined) return (_, attributes) => attributes.has(key);
  if (matchType === 'regexp') {
    const test = textTest('regexp', [value as string]);
    return (chunk, attributes) => {
      const found = attributes.getPrepared(key);
      const text = found && scalarText(chunk, found);
      return text !== undefined && test(text);
    };
  }
  const { type, bytes } = ArenaWriter.encodeValue(value as AnyValue);
  return ({ arena }, attributes) => {
    const found = attributes.getPrepared(key);
    return (
      found !== undefined &&
      found.type === type &&
      found.length === bytes.length &&
      equalAt(arena, found.at, bytes, 0, bytes.length)
    );
  };
}

/** Asks once per index and remembers: for what many rows share. */
function once(count: number, test: (index: number) => boolean): (index: number) => boolean {
  const answers = new Int8Array(count).fill(-1);
  return (index) => {
    if (answers[index] === -1) answers[index] = test(index) ? 1 : 0;
    return answers[index] === 1;
  };
}
