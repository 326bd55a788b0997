import { ConfigError } from '#base';
import { parseYaml, TypedScalar, toPlain } from '#config';

/** YAML 1.1 knows these as well, and Alertmanager reads templates' results by it. */
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/**
 * A value of the configuration with all its texts rendered, keys too. A text that renders to what YAML reads as something else than a text becomes
 * that: so a template can give a number or a list (alertmanager/template.DeepCopyWithTemplate).
 */
export function renderDeep(value: unknown, render: (template: string) => string): unknown {
  if (typeof value === 'string') return readValue(render(value));
  if (Array.isArray(value)) return value.map((item) => renderDeep(item, render));
  if (value instanceof TypedScalar) return forJson(value);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [render(key), renderDeep(item, render)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return forJson(value);
}

function readValue(text: string): unknown {
  const word = WORDS.get(text.trim());
  if (word !== undefined) return word;
  let read: unknown;
  try {
    read = toPlain(parseYaml({ text, file: 'template' }));
  } catch (error) {
    if (error instanceof ConfigError) return text;
    throw error;
  }
  if (typeof read !== 'string') return forJson(read);
  // A text in quotes of JSON is what stands between them; all others stay as they are, with blanks and comments.
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function forJson(value: unknown): unknown {
  if (value instanceof TypedScalar) return value.kind === 'float' ? value.number : String(value);
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(forJson);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, forJson(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
