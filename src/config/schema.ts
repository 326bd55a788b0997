import type { z } from 'zod';

/** A component's schema: takes what the YAML says (or undefined for an empty block) and gives the configuration that its code uses. */
export type Schema<Config> = z.ZodType<Config>;
