import { z } from 'zod';
import { describe, jsonSchemaOf, list, oneOf } from '#config';
import { OttlError, placedOttlMessage } from '#lang/ottl';
import type { Context, ErrorMode } from '#ottl';

/** What the configurations of components with statements in OTTL have in common. */

const ERROR_MODES: readonly ErrorMode[] = ['ignore', 'silent', 'propagate'];
const ERROR_WORDS: Readonly<Record<ErrorMode, string>> = {
  ignore: 'log the error, go on with the next',
  silent: 'go on with the next',
  propagate: 'refuse the batch',
};

export const errorMode: z.ZodType<ErrorMode> = oneOf(ERROR_MODES, 'ignore').meta({
  description: 'what happens where a statement or condition fails for an item',
  words: ERROR_WORDS,
});

export const ownErrorMode: z.ZodOptional<z.ZodType<ErrorMode>> = oneOf(ERROR_MODES)
  .optional()
  .meta({ description: 'of this group alone', words: ERROR_WORDS });

/** The context of a group: in any case of letters, as otelcol reads it. */
export function contextKey(contexts: readonly Context[]): z.ZodOptional<z.ZodType<Context>> {
  const lowered = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);
  return (z.preprocess(lowered, oneOf(contexts)) as unknown as z.ZodType<Context>)
    .optional()
    .meta({ description: 'what paths without a prefix belong to; without it they need one' });
}

/** A mistake in a configuration, below the component's block. */
export interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Runs `compile`; a mistake in the text is put into `mistakes`. */
export function compiled<T>(
  path: readonly (string | number)[],
  source: string,
  compile: () => T,
  mistakes: Mistake[],
): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof OttlError)) throw error;
    mistakes.push({ path, message: placedOttlMessage(source, error) });
    return undefined;
  }
}

/** Texts, and groups that `group` reads, in one list. */
export function textsOrGroups<T>(group: z.ZodType<T>, what: string): z.ZodType<readonly (string | T)[]> {
  const item = z.unknown().transform((value, context): string | T => {
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: `expected a ${what}, or a group of them, got ${describe(value)}` });
      return z.NEVER;
    }
    const result = group.safeParse(value);
    if (result.success) return result.data;
    // Whatever is wrong inside of the group keeps its path and its words.
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as never);
    return z.NEVER;
  });
  return list(item as z.ZodType<string | T>).meta({
    typeName: `list of ${what}s, or of groups`,
    json: { type: 'array', items: { anyOf: [{ type: 'string' }, jsonSchemaOf(group, {})] } },
  });
}
