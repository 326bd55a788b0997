/** What the console's API says of live taps and of statements that are tried. See types.ts. */

type Signal = 'traces' | 'metrics' | 'logs';

/** A value as JSON has it: whole numbers beyond 2^53 are texts of digits, bytes are `base64:…`. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** A field of an item under its path in OTTL, and what was done to it. `value` is what it is now, of a removed one what it was. */
export interface ItemField {
  readonly path: string;
  readonly change?: 'added' | 'removed' | 'changed';
  /** Absent where it is masked. */
  readonly value?: PlainValue;
  readonly before?: PlainValue;
  readonly masked?: 'value' | 'before' | 'both';
}

export type ItemOutcome = 'passed' | 'changed' | 'dropped' | 'added' | 'refused' | 'held';

/**
 * GET /api/console/tap?at&items : a line of JSON for each event. `at` is `PIPELINE/COMPONENT`. The first is `start`; `counts` come each second;
 * after `end` there are no more. Values that a later component changes or removes are masked.
 */
export type TapEventAnswer =
  | {
      readonly type: 'start';
      readonly target: {
        readonly pipeline: string;
        readonly id: string;
        readonly role: string;
        readonly signal: Signal;
      };
      readonly limits: { readonly items: number; readonly itemsPerSecond: number; readonly timeMs: number };
    }
  | TapItemAnswer
  | TapCountsAnswer
  | {
      readonly type: 'end';
      readonly reason: 'items' | 'bytes' | 'time' | 'reload' | 'fault';
      readonly message?: string;
    };

export interface TapItemAnswer {
  readonly type: 'item';
  readonly atMs: number;
  readonly signal: Signal;
  readonly outcome: ItemOutcome;
  /** Why it was dropped, where that is known. */
  readonly reason?: string;
  /** A later component left it out. */
  readonly isDroppedLater?: true;
  readonly maskedCount: number;
  readonly fields: readonly ItemField[];
}

export interface TapCountsAnswer {
  readonly type: 'counts';
  readonly in: number;
  readonly out: number;
  readonly shown: number;
  readonly waiting: number;
  /** By reason. */
  readonly leftOut: { readonly [reason: string]: number };
}

/** POST /api/console/ottl */
export interface OttlQuestion {
  /** One in a line, which goes on in lines that are indented. */
  readonly statements: string;
  /** Without it what the paths say. */
  readonly context?: string;
  /** OTLP/JSON as a text, or the fields of one item. */
  readonly input: string | { readonly signal: Signal; readonly fields: readonly ItemField[] };
}

/** A mistake in a statement is an error of the API with its place in `statements`. */
export interface OttlResponse {
  readonly signal: Signal;
  readonly context: string;
  /** The first 20 of `itemCount`. */
  readonly items: readonly { readonly outcome: ItemOutcome; readonly fields: readonly ItemField[] }[];
  readonly itemCount: number;
  /** What was said of items for which a statement failed, each once. */
  readonly failures: readonly string[];
  readonly failedCount: number;
}

/** GET /api/console/ottl/words?context : what can be written. */
export interface OttlWordsResponse {
  readonly functions: readonly {
    readonly name: string;
    /** `set(target, value)` */
    readonly signature: string;
    readonly meaning: string;
    readonly isEditor: boolean;
  }[];
  readonly paths: readonly string[];
  readonly enums: readonly string[];
}
