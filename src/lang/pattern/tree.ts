import type { CharSet } from './sets.ts';

/** Regular expressions of the part of RE2's syntax in which V8 can be proved to take linear time. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'sequence' | 'either'; readonly items: readonly PatternNode[] }
  /** `max` is Infinity where there is no bound. */
  | {
      readonly kind: 'repeat';
      readonly item: PatternNode;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  /** `name` is undefined for a group that is only numbered. */
  | { readonly kind: 'capture'; readonly item: PatternNode; readonly name: string | undefined }
  | { readonly kind: 'start' | 'end' };
