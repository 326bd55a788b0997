import type { Clock } from '#base';
import type { ComponentKind, ComponentStatus, HostDescription } from '#component';

export type StatusEntry = HostDescription['statuses'][number];

/** From harmless to worst: of several instances under one name the worst is shown. */
const SEVERITY: readonly ComponentStatus[] = [
  'stopped',
  'ok',
  'stopping',
  'starting',
  'recoverable_error',
  'permanent_error',
  'fatal_error',
];

/** `instance` tells apart what has the same kind, id and pipeline: the signals of an exporter. */
interface StatusName {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly pipeline: string;
  readonly instance: string;
}

/** What each component last said of itself. */
export class StatusBoard {
  readonly #clock: Clock;
  readonly #onChange: (entry: StatusEntry) => void;
  readonly #entries = new Map<string, StatusEntry>();
  readonly #refusing = new Set<string>();

  constructor(clock: Clock, onChange: (entry: StatusEntry) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  set(name: StatusName, status: ComponentStatus, message = ''): void {
    const { kind, id, pipeline } = name;
    const key = keyOf(name);
    const before = this.#entries.get(key);
    if (before?.status === status && before.message === message) return;
    // A permanent error stays until the component is stopped: it can't repair itself (otelcol docs/component-status.md).
    if (before?.status === 'permanent_error' && !status.startsWith('stop') && status !== 'fatal_error') return;
    const entry: StatusEntry = { kind, id, pipeline, status, message, sinceMs: this.#clock.nowMs() };
    this.#entries.set(key, entry);
    this.#onChange(entry);
  }

  setRefusing(name: StatusName, isRefusing: boolean): void {
    if (isRefusing) this.#refusing.add(keyOf(name));
    else this.#refusing.delete(keyOf(name));
  }

  /** Forgets what is said of others than these. */
  keep(names: readonly StatusName[]): void {
    const keys = new Set(names.map(keyOf));
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#entries.delete(key);
    for (const key of this.#refusing) if (!keys.has(key)) this.#refusing.delete(key);
  }

  /** Whether some component accepts nothing. */
  get isRefusing(): boolean {
    return this.#refusing.size > 0;
  }

  /** One entry per kind, id and pipeline. */
  list(): StatusEntry[] {
    const merged = new Map<string, StatusEntry>();
    for (const entry of this.#entries.values()) {
      const key = [entry.kind, entry.id, entry.pipeline].join('\u0000');
      const other = merged.get(key);
      if (other === undefined || SEVERITY.indexOf(entry.status) > SEVERITY.indexOf(other.status))
        merged.set(key, entry);
    }
    return [...merged.values()];
  }

  get(kind: ComponentKind, id: string, pipeline: string): StatusEntry | undefined {
    return this.list().find((entry) => entry.kind === kind && entry.id === id && entry.pipeline === pipeline);
  }
}

function keyOf({ kind, id, pipeline, instance }: StatusName): string {
  return [kind, id, pipeline, instance].join('\u0000');
}
