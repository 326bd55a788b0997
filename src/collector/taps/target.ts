import { nearest } from '#base';
import type { HostDescription } from '#component';
import type { Signal } from '#pdata';
import type { EdgeOptions } from '../places.ts';

/** What a component is to a pipeline. */
export type TapRole = 'receiver' | 'processor' | 'exporter';

/** A component of a pipeline, as somebody who looks at it names it. */
export interface TapTarget {
  readonly pipeline: string;
  readonly id: string;
  readonly role: TapRole;
  readonly signal: Signal;
  readonly isConnector: boolean;
}

/** What was asked for can't be looked at; the message says what can. */
export class TapError extends Error {
  override name = 'TapError';
  /** Like those of HTTP. */
  readonly status: 400 | 404 | 429;
  constructor(status: 400 | 404 | 429, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Finds `PIPELINE/COMPONENT`. Both may have a slash of their own, so all ways to part the name are tried. One that is a receiver and an
 * exporter of the pipeline is told apart by `PIPELINE/exporters/COMPONENT`. Throws a TapError.
 */
export function findTarget(name: string, { pipelines, statuses }: HostDescription): TapTarget {
  const all = pipelines.flatMap((pipeline) =>
    (['receiver', 'processor', 'exporter'] as const).flatMap((role) =>
      pipeline[`${role}s`].map((id): TapTarget & { readonly names: readonly string[] } => ({
        pipeline: pipeline.id,
        id,
        role,
        signal: pipeline.signal,
        isConnector: statuses.some((entry) => entry.kind === 'connector' && entry.id === id),
        names: [`${pipeline.id}/${id}`, `${pipeline.id}/${role}s/${id}`],
      })),
    ),
  );
  const found = all.filter(({ names }) => names.includes(name));
  if (found.length === 1) {
    const { names: _, ...target } = found[0]!;
    return target;
  }
  if (found.length > 1) {
    const ways = found.map(({ names }) => names[1]).join(', ');
    throw new TapError(400, `${name} is more than one component; use one of ${ways}`);
  }
  const names = all.map((target) => target.names[0]!);
  const near = nearest(name, names);
  const hint = near === undefined ? `there are: ${[...new Set(names)].join(', ')}` : `did you mean ${near}?`;
  throw new TapError(404, `no component ${name}; ${hint}`);
}

/** Whether items come to the component here: what it gets, or, of one that a pipeline begins with, what it gives. */
export function isEntry({ pipeline, id, role, signal, isConnector }: TapTarget, edge: EdgeOptions): boolean {
  if (edge.id !== id) return false;
  if (role === 'processor') return edge.kind === 'processor' && edge.pipeline === pipeline && edge.side === 'consumed';
  if (isConnector) {
    if (edge.kind !== 'connector') return false;
    return role === 'receiver'
      ? edge.side === 'produced' && edge.into === pipeline
      : edge.side === 'consumed' && edge.signal === signal;
  }
  if (edge.kind !== role || edge.signal !== signal) return false;
  return role === 'receiver' || edge.out === pipeline;
}

/** Whether items leave the component here, of one that takes and gives. */
export function isExit({ pipeline, id, role, signal, isConnector }: TapTarget, edge: EdgeOptions): boolean {
  if (edge.id !== id || edge.side !== 'produced') return false;
  if (role === 'processor') return edge.kind === 'processor' && edge.pipeline === pipeline;
  return isConnector && role === 'exporter' && edge.kind === 'connector' && edge.from === signal;
}

/** The pipelines that items of this one can come into: itself, and those that its connectors feed. */
export function pipelinesBehind({ pipelines }: HostDescription, first: string): ReadonlySet<string> {
  const behind = new Set([first]);
  for (const id of behind) {
    const exporters = pipelines.find((pipeline) => pipeline.id === id)?.exporters ?? [];
    for (const { id: next, receivers } of pipelines)
      if (receivers.some((one) => exporters.includes(one))) behind.add(next);
  }
  return behind;
}
