import { type Schema, strictObject } from '#config';

/** It has no keys. */
export type ForwardConfig = Readonly<Record<string, never>>;

export const forwardSchema: Schema<ForwardConfig> = strictObject({});
