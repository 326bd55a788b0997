import type { ComponentStatus, HostDescription } from '#component';

/** A status, and those it was made of by name: of a pipeline, or of the collector. */
export interface Health {
  readonly status: ComponentStatus | 'none';
  readonly error: string;
  readonly sinceMs: number;
  readonly parts: ReadonlyMap<string, Health>;
}

const NO_PARTS: ReadonlyMap<string, Health> = new Map([]);
const ERRORS: readonly Health['status'][] = ['fatal_error', 'permanent_error', 'recoverable_error'];

/**
 * The health of the collector, with that of its pipelines and of the extensions together (`extensions`), with that of each component
 * (otelcol-contrib pkg/status@v0.161.0).
 */
export function healthOf(description: HostDescription, recoverableFirst: boolean): Health {
  const parts = new Map<string, Health>();
  const extensions = description.statuses.filter(({ kind }) => kind === 'extension');
  if (extensions.length > 0) parts.set('extensions', sumOf(partsOf(extensions), recoverableFirst));
  for (const pipeline of description.pipelines) {
    const { receivers, processors, exporters } = pipeline;
    const statuses = description.statuses.filter(
      ({ kind, id, pipeline: of }) =>
        ((kind === 'receiver' || kind === 'connector') && receivers.includes(id)) ||
        ((kind === 'exporter' || kind === 'connector') && exporters.includes(id)) ||
        (kind === 'processor' && processors.includes(id) && of === pipeline.id),
    );
    parts.set(`pipeline:${pipeline.id}`, sumOf(partsOf(statuses), recoverableFirst));
  }
  return sumOf(parts, recoverableFirst);
}

function partsOf(statuses: HostDescription['statuses']): ReadonlyMap<string, Health> {
  return new Map(
    statuses.map(({ kind, id, status, message, sinceMs }) => [
      `${kind}:${id}`,
      { status, error: ERRORS.includes(status) ? message : '', sinceMs, parts: NO_PARTS },
    ]),
  );
}

/** What is most worth knowing of the parts: errors since they first came, all else since it last changed. */
function sumOf(parts: ReadonlyMap<string, Health>, recoverableFirst: boolean): Health {
  const all = [...parts.values()];
  const status = statusOf(new Set(all.map((one) => one.status)), recoverableFirst);
  const same = all.filter((one) => one.status === status).sort((a, b) => a.sinceMs - b.sinceMs);
  const latestMs = Math.max(0, ...all.map(({ sinceMs }) => sinceMs));
  if (!ERRORS.includes(status)) return { status, error: '', sinceMs: latestMs, parts };
  return { status, error: same[0]!.error, sinceMs: same[0]!.sinceMs, parts };
}

function statusOf(seen: ReadonlySet<Health['status']>, recoverableFirst: boolean): Health['status'] {
  if (seen.size === 1) return [...seen][0]!;
  const errors = ['permanent_error', 'recoverable_error'] as const;
  const order = [
    'fatal_error',
    'starting',
    'stopping',
    'stopped',
    ...(recoverableFirst ? errors.toReversed() : errors),
  ];
  const found = (order as Health['status'][]).find((status) => seen.has(status));
  // Some have stopped: the others are about to.
  return found === 'stopped' ? 'stopping' : (found ?? 'none');
}
