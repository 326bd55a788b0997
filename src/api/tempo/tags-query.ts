import { quotePattern } from '#base';
import { bad } from './parameters.ts';

/**
 * A search by tags as TraceQL. Each tag may stand on any span of the trace or on its resource, and holds the text somewhere, whatever its case;
 * durations are the trace's. `tags` is logfmt: `service.name=cart http.url="a b"`.
 */
export function tagsQuery(
  tags: string | undefined,
  { minNs, maxNs }: { readonly minNs: bigint | undefined; readonly maxNs: bigint | undefined },
): string {
  const sets = [...readTags(tags ?? '')].map(([key, value]) => `{ ${termOf(key, value)} }`);
  const limits = [
    ...(minNs === undefined ? [] : [`traceDuration >= ${minNs}ns`]),
    ...(maxNs === undefined ? [] : [`traceDuration <= ${maxNs}ns`]),
  ];
  if (limits.length > 0) sets.push(`{ ${limits.join(' && ')} }`);
  return sets.length === 0 ? '{}' : sets.join(' && ');
}

function termOf(key: string, value: string): string {
  switch (key) {
    case 'error':
      return value === 'false' ? 'status != error' : 'status = error';
    case 'status.code':
    case 'status':
      if (!/^(error|ok|unset)$/.test(value))
        throw bad(`invalid tags: ${JSON.stringify(value)} is no status; use error, ok or unset`);
      return `status = ${value}`;
    case 'name':
      return holds('name', value);
    case 'root.name':
      return holds('rootName', value);
    case 'root.service.name':
      return holds('rootServiceName', value);
    default: {
      const field = `.${fieldName(key)}`;
      // A pattern finds texts alone.
      const isNoText = /^-?\d{1,15}(\.\d+)?$/.test(value) || value === 'true' || value === 'false';
      return isNoText ? `${holds(field, value)} || ${field} = ${value}` : holds(field, value);
    }
  }
}

function holds(field: string, value: string): string {
  const pattern = `(?i).*${quotePattern(value)}.*`;
  return `${field} =~ ${JSON.stringify(pattern)}`;
}

/** A key as TraceQL writes it. */
export function fieldName(key: string): string {
  return /^[A-Za-z_][\w.\-/]*$/.test(key) ? key : JSON.stringify(key);
}

const PAIR = /\s*([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))(?=\s|$)/y;
const MAX_TAGS = 50;

function readTags(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (text.slice(PAIR.lastIndex).trim() !== '') {
    const at = PAIR.lastIndex;
    const pair = PAIR.exec(text);
    if (pair === null)
      throw bad(`invalid tags: expected key=value at ${JSON.stringify(text.slice(at, at + 40).trim())}`);
    tags.set(pair[1]!, pair[2] === undefined ? pair[3]! : pair[2].replace(/\\(.)/g, '$1'));
    if (tags.size > MAX_TAGS) throw bad(`invalid tags: more than ${MAX_TAGS}`);
  }
  return tags;
}
