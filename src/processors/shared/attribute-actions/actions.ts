import { RE2JS } from 're2js';
import { unreachable } from '#base';
import {
  type AttributeCursor,
  type AttributeKey,
  attributeKey,
  type BatchContext,
  type Chunk,
  type PreparedValue,
} from '#pdata';
import type { ActionConfig, SourceConfig } from './config.ts';
import { matchingKeys } from './key-pattern.ts';
import { convert, hashOf } from './values.ts';

/** Does its work on the owner that the cursor stands on. */
export type Step = (attributes: AttributeCursor) => void;
/** Made ready once per chunk: values that don't depend on the item are written into its arena once. */
export type Action = (chunk: Chunk, context: BatchContext) => Step;

/** Makes an action of its configuration (otelcol-contrib internal/coreinternal/attraction). */
export function compileAction(config: ActionConfig): Action {
  const key = attributeKey(config.key);
  switch (config.action) {
    case 'insert': {
      const source = compileSource(config);
      return (chunk, context) => {
        const valueFor = source(chunk, context);
        return (attributes) => {
          if (!attributes.has(key)) set(attributes, key, valueFor(attributes));
        };
      };
    }
    case 'update': {
      const source = compileSource(config);
      return (chunk, context) => {
        const valueFor = source(chunk, context);
        return (attributes) => {
          if (attributes.has(key)) set(attributes, key, valueFor(attributes));
        };
      };
    }
    case 'upsert': {
      const source = compileSource(config);
      return (chunk, context) => {
        const valueFor = source(chunk, context);
        return (attributes) => set(attributes, key, valueFor(attributes));
      };
    }
    case 'delete':
      return onKeys(config, (attributes, each) => {
        attributes.delete(each);
      });
    case 'hash':
      return onKeys(config, (attributes, each, chunk) => {
        const value = attributes.getPrepared(each);
        if (value !== undefined) attributes.set(each, hashOf(chunk, value));
      });
    case 'extract':
      return extract(key, config.pattern);
    case 'convert':
      return (chunk) => (attributes) => {
        const value = attributes.getPrepared(key);
        if (value !== undefined) set(attributes, key, convert(chunk, value, config.convertedType));
      };
    default:
      return unreachable(config, 'action');
  }
}

function set(attributes: AttributeCursor, key: AttributeKey, value: PreparedValue | undefined): void {
  if (value !== undefined) attributes.setPrepared(key, value);
}

type ValueFor = (attributes: AttributeCursor) => PreparedValue | undefined;

/** Where the value of an insert, update or upsert comes from. */
function compileSource(config: SourceConfig): (chunk: Chunk, context: BatchContext) => ValueFor {
  const { value, fromAttribute, fromContext, defaultValue } = config;
  const from = attributeKey(fromAttribute);
  return (chunk, context) => {
    const fallback = fixed(chunk, defaultValue);
    if (value !== undefined) return fixed(chunk, value);
    if (fromContext !== '') return fixed(chunk, contextValue(context, fromContext) ?? defaultValue);
    if (fromAttribute === '') return fallback;
    return (attributes) => attributes.getPrepared(from) ?? fallback(attributes);
  };
}

/** The same value for every item: written when the first one needs it. */
function fixed(chunk: Chunk, value: SourceConfig['value']): ValueFor {
  if (value === undefined) return () => undefined;
  let prepared: PreparedValue | undefined;
  return () => {
    prepared ??= chunk.appendValue(value);
    return prepared;
  };
}

/** `metadata.<name>` (or just the name), `auth.<name>` and `client.address`. Several values are joined with `;`. */
function contextValue(context: BatchContext, name: string): string | undefined {
  if (name === 'client.address') return context.peer?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name.startsWith('auth.')) return context.auth?.get(name.slice('auth.'.length));
  const values = context.metadata?.get(name.replace(/^metadata\./, '').toLowerCase());
  return values === undefined || values.length === 0 ? undefined : values.join(';');
}

/** An action on the key itself and on every key that matches the pattern. */
function onKeys(
  config: { readonly key: string; readonly pattern: string },
  act: (attributes: AttributeCursor, key: AttributeKey, chunk: Chunk) => void,
): Action {
  const key = config.key === '' ? undefined : attributeKey(config.key);
  const matching = config.pattern === '' ? undefined : matchingKeys(config.pattern);
  return (chunk) => (attributes) => {
    if (key !== undefined) act(attributes, key, chunk);
    if (matching !== undefined) for (const each of matching(chunk, attributes)) act(attributes, each, chunk);
  };
}

/** Sets the attributes that a pattern's groups are named after to what they matched. */
function extract(key: AttributeKey, pattern: string): Action {
  const expression = RE2JS.compile(pattern);
  const targets = Object.entries(expression.namedGroups()).map(([name, group]) => ({ key: attributeKey(name), group }));
  return () => (attributes) => {
    const text = attributes.getText(key);
    if (text === undefined) return;
    const match = expression.matcher(text);
    if (!match.find()) return;
    for (const target of targets) attributes.set(target.key, match.group(target.group) ?? '');
  };
}
