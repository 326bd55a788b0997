import type { Clock } from '#base';
import type { HostDescription } from '#component';
import type { Watchers } from '../watch.ts';
import { DEFAULT_TAP_LIMITS, type TapEnd, type TapEvent, type TapLimits } from './events.ts';
import { LiveTap } from './live-tap.ts';
import { findTarget, pipelinesBehind, TapError } from './target.ts';

export interface TapRequest {
  /** `PIPELINE/COMPONENT`. */
  readonly at: string;
  readonly isRaw: boolean;
  readonly limits?: Partial<TapLimits>;
}

/** The graph that a tap looks into. */
export interface TappedGraph {
  readonly description: HostDescription;
  /** Whether a processor changes items: by pipeline and id. */
  isChanging(pipeline: string, processor: string): boolean;
}

/** So many look at a time. */
const TAPS_LIMIT = 8;
/** What nobody can ask more than. */
const UPPER_LIMITS: TapLimits = { items: 10_000, itemsPerSecond: 200, bytes: 64 * 1024 * 1024, timeMs: 3_600_000 };

/** The live taps of a collector. */
export class Taps {
  readonly #watchers: Watchers;
  readonly #clock: Clock;
  readonly #open = new Set<LiveTap>();

  constructor(watchers: Watchers, clock: Clock) {
    this.#watchers = watchers;
    this.#clock = clock;
  }

  /** Begins to look. Returns the function that ends it. Throws a TapError. */
  open({ at, isRaw, limits }: TapRequest, graph: TappedGraph, emit: (event: TapEvent) => number): () => void {
    if (this.#open.size >= TAPS_LIMIT) throw new TapError(429, `${TAPS_LIMIT} taps are open already: close one`);
    const target = findTarget(at, graph.description);
    const behind = pipelinesBehind(graph.description, target.pipeline);
    let stopWatching = (): void => undefined;
    const tap = new LiveTap({
      target,
      limits: limitsOf(limits),
      isRaw,
      clock: this.#clock,
      behind,
      isChanging: isAnyChanging(graph, target, behind),
      emit,
      onEnd: () => {
        this.#open.delete(tap);
        stopWatching();
      },
    });
    this.#open.add(tap);
    stopWatching = this.#watchers.add(tap);
    return () => tap.close();
  }

  endAll(reason: TapEnd): void {
    for (const tap of this.#open) tap.end(reason);
  }
}

function limitsOf(asked: Partial<TapLimits> = {}): TapLimits {
  const limit = (key: keyof TapLimits): number => {
    const value = asked[key] ?? DEFAULT_TAP_LIMITS[key];
    if (Number.isFinite(value) && value > 0 && value <= UPPER_LIMITS[key]) return value;
    throw new TapError(400, `${key}: must be above 0 and at most ${UPPER_LIMITS[key]}, got ${value}`);
  };
  return {
    items: limit('items'),
    itemsPerSecond: limit('itemsPerSecond'),
    bytes: limit('bytes'),
    timeMs: limit('timeMs'),
  };
}

/** Whether the component, or a processor that its items can come to, changes anything. */
function isAnyChanging(
  graph: TappedGraph,
  { pipeline, id, role }: { readonly pipeline: string; readonly id: string; readonly role: string },
  behind: ReadonlySet<string>,
): boolean {
  return graph.description.pipelines.some(({ id: one, processors }) => {
    if (!behind.has(one)) return false;
    const from =
      one !== pipeline || role === 'receiver' ? 0 : role === 'exporter' ? processors.length : processors.indexOf(id);
    return processors.slice(from).some((processor) => graph.isChanging(one, processor));
  });
}
