import type { z } from 'zod';
import { ConfigError } from '#base';
import { type ConfigNode, type NodePath, nodeAt, placeAt, toPlain } from './node.ts';
import type { Schema } from './schema.ts';

export interface ReadTarget {
  /** The tree in which the block stands, and the path of the block, for places and messages. */
  readonly root: ConfigNode;
  readonly path: NodePath;
  /** How messages of wrong keys and types begin: `error reading configuration for "otlp"`; without it they begin with the path. */
  readonly subject?: string;
}

export type ReadResult<T> =
  | {
      readonly value: T;
      /** The scalars of which the spelling was taken, not the value. */
      readonly texts: ReadonlySet<ConfigNode>;
    }
  | { readonly errors: readonly ConfigError[] };

/** Reads the block at `target.path` by `schema`. Values from one `${…}` are tried in their type, then as texts where a text is wanted. */
export function readBlock<T>(schema: Schema<T>, target: ReadTarget): ReadResult<T> {
  const node = nodeAt(target.root, target.path);
  const asText = new Set<ConfigNode>();
  for (;;) {
    const result = schema.safeParse(node === undefined ? undefined : toPlain(node, asText));
    if (result.success) return { value: result.data, texts: asText };
    const texts = result.error.issues
      .filter((issue) => issue.code === 'invalid_type' && issue.expected === 'string')
      .map((issue) => node && nodeAt(node, stepsOf(issue)))
      .filter((scalar) => scalar?.kind === 'scalar' && scalar.text !== undefined && !asText.has(scalar));
    if (texts.length === 0) return { errors: result.error.issues.flatMap((issue) => errorsOf(issue, target)) };
    for (const scalar of texts) asText.add(scalar!);
  }
}

function stepsOf(issue: z.core.$ZodIssue): (string | number)[] {
  return issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

function errorsOf(issue: z.core.$ZodIssue, target: ReadTarget): ConfigError[] {
  const steps = stepsOf(issue);
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, i) => {
      const message = lines.length === issue.keys.length ? lines[i]! : `has invalid keys: ${key}`;
      return configError(target, steps, [...steps, key], message, true);
    });
  }
  return [configError(target, steps, steps, issue.message, issue.code === 'invalid_type')];
}

function configError(
  target: ReadTarget,
  steps: NodePath,
  placeSteps: NodePath,
  message: string,
  isDecoding: boolean,
): ConfigError {
  const path = [...target.path, ...steps].join('::');
  const place = placeAt(target.root, [...target.path, ...placeSteps]);
  if (isDecoding && target.subject !== undefined) {
    const text = `${target.subject}: decoding failed due to the following error(s): '${steps.join('.')}' ${message}`;
    return new ConfigError(path, text, place);
  }
  if (isDecoding) return new ConfigError(path, `'${path}' ${message}`, place);
  return new ConfigError(path, `${path}: ${message}`, place);
}
