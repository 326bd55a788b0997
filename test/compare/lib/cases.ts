import type { Signal } from '#pdata';
import type { ReferenceObject } from '../../../src/wire/testing/otlp-reference.ts';

/** One input that goes through one component, here and in otelcol. */
export interface CompareCase {
  /** Unique in its suite. */
  readonly name: string;
  readonly kind: 'processor' | 'connector' | 'exporter';
  /** In the spelling that both know. */
  readonly type: string;
  /** The component's block, as plain data; `FILE` stands for the file that `reads: 'file'` reads, `PIPELINE` for the one behind a connector. */
  readonly config: unknown;
  readonly signal: Signal;
  /** The signal that comes out, of connectors. */
  readonly gives?: Signal;
  /** Requests, sent one after the other. */
  readonly input: readonly ReferenceObject[];
  /** It counts that the sender's address is 127.0.0.1. */
  readonly hasSender?: true;
  /** What the component asks besides, made by the suite's `around`. */
  readonly beside?: unknown;
  /** Time that passes behind the input: simulated here, real there. */
  readonly waitMs?: number;
  /**
   * What of the output is compared. `changes`: every field that differs from the input, the default. `whole`: every field. `traces`: which of
   * the input's traces came out, a bit for each. `file`: what stands in the file.
   */
  readonly reads?: 'changes' | 'whole' | 'traces' | 'file';
  /** With `whole`: resources, scopes and metrics without an item don't count, nor do requests without one. */
  readonly ignoresEmpty?: boolean;
  /** Resources that are equal count as one, and so do scopes in one: where only one side puts together what it adds. */
  readonly joinsGroups?: true;
  /** Fields of the output whose items come in any order. */
  readonly unordered?: readonly string[];
  /** What comes while the collector stops does not count: where only one of the two sends something then. */
  readonly beforeStop?: true;
  /** For texts that hold the time of day and the like: what does not count. */
  readonly ignored?: RegExp;
}

export interface CompareSuite {
  /** Also the fixture's file. */
  readonly name: string;
  readonly cases: readonly CompareCase[];
  /** In one otelcol, where cases take much memory. */
  readonly casesAtOnce?: number;
  /** Of the real one, where what is compared is behind some. */
  readonly featureGates?: readonly string[];
  /** Starts what components ask, and says in the environment where it is. Returns the function that ends it. */
  readonly around?: () => Promise<() => Promise<void>>;
}

/** What became of a case. Texts of errors are kept to be read and not compared. */
export type Outcome =
  /** The configuration was refused. */
  | { readonly refused: string }
  /** By path; null for what is gone. `failed`: the answer to the sender was an error. */
  | { readonly changes: Readonly<Record<string, string | null>>; readonly failed?: string }
  /** The same as a hash, where a fixture would be long. */
  | { readonly digest: string; readonly failed?: string }
  | { readonly text: string };

/** Both sides' names of a case: the suffix of all its ids. */
export function caseId(index: number): string {
  return `c${index}`;
}

/** The identifier of the case that an error message speaks of. */
export function caseIndexIn(message: string): number | undefined {
  const match = /\/c(\d+)\b/.exec(message);
  return match === null ? undefined : Number(match[1]);
}

/** A block as a configuration has it: `$` stands for itself in cases. */
export function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, escaped(entry)]));
}

/** Sections and pipelines of one configuration in which every case stands alone; `ends` names the receivers and exporters around each. */
export function configurationOf(
  cases: ReadonlyMap<number, CompareCase>,
  ends: { receiver(index: number): [string, unknown]; exporter(index: number): [string, unknown] },
  fileOf: (index: number) => string,
): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {
    receivers: {},
    processors: {},
    exporters: {},
    connectors: {},
  };
  const pipelines: Record<string, unknown> = {};
  for (const [index, one] of cases) {
    const id = `${one.type}/${caseId(index)}`;
    const [receiver, receiverBlock] = ends.receiver(index);
    const [exporter, exporterBlock] = ends.exporter(index);
    const behind = `${one.gives ?? one.signal}/${caseId(index)}out`;
    const text = JSON.stringify(escaped(one.config ?? null)).replaceAll('FILE', fileOf(index));
    const block = JSON.parse(text.replaceAll('PIPELINE', behind)) as unknown;
    sections[`${one.kind}s`]![id] = block;
    sections.receivers![receiver] = receiverBlock;
    if (one.kind !== 'exporter') sections.exporters![exporter] = exporterBlock;
    const pipeline = `${one.signal}/${caseId(index)}`;
    if (one.kind === 'processor') {
      pipelines[pipeline] = { receivers: [receiver], processors: [id], exporters: [exporter] };
    } else {
      pipelines[pipeline] = { receivers: [receiver], exporters: [id] };
    }
    if (one.kind === 'connector') {
      pipelines[behind] = { receivers: [id], exporters: [exporter] };
    }
  }
  const filled = Object.fromEntries(Object.entries(sections).filter(([, entries]) => Object.keys(entries).length > 0));
  return { ...filled, service: { telemetry: { metrics: { level: 'none' } }, pipelines } };
}
