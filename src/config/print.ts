import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { plainScalar, TypedScalar } from './scalar.ts';

/** Characters that a text may hold and a file may not, or that end a line in some readers only. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/u;

/**
 * Plain values (`toPlain`) as YAML that loads to the same configuration: a text that would be read as a number, date or nothing keeps its
 * quotes, a number its type, and a dollar that would begin a reference is doubled.
 */
export function printYaml(value: unknown): string {
  // In this schema the library adds no quotes of its own, but those that the syntax needs.
  const document = new Document(null, { schema: 'failsafe' });
  document.contents = nodeOf(value) as never;
  return document
    .toString({ lineWidth: 0 })
    .replace(new RegExp(UNPRINTABLE, 'gu'), (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function nodeOf(value: unknown): YAMLMap | YAMLSeq | Scalar {
  if (typeof value === 'string') return textNode(/\$[{$]/.test(value) ? value.replaceAll('$', '$$$$') : value);
  if (Array.isArray(value)) {
    const list = new YAMLSeq();
    list.items = value.map(nodeOf);
    list.flow = value.length === 0;
    return list;
  }
  if (value instanceof TypedScalar) return plainNode(value.printed);
  if (typeof value === 'object' && value !== null) {
    const map = new YAMLMap();
    map.items = Object.entries(value).map(([key, item]) => new Pair(textNode(key), nodeOf(item)));
    map.flow = map.items.length === 0;
    return map;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return plainNode(Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf');
  }
  return plainNode(String(value));
}

function textNode(text: string): Scalar {
  const node = new Scalar(text);
  if (plainScalar(text) !== text || text === '<<' || UNPRINTABLE.test(text)) node.type = 'QUOTE_DOUBLE';
  return node;
}

function plainNode(source: string): Scalar {
  const node = new Scalar(source);
  node.type = 'PLAIN';
  return node;
}
