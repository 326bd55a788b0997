import { isSameConfig } from '#config';
import type { GraphNode } from './node.ts';

/**
 * Whether an instance goes on through a reload: its configuration and position are the same, and so are the extensions that it asked for.
 * `kept` has those of the extensions that go on.
 */
export function isKept(
  running: GraphNode,
  next: Pick<GraphNode, 'planned' | 'position'>,
  kept: ReadonlySet<GraphNode>,
): boolean {
  if (running.position !== next.position || running.planned.factory !== next.planned.factory) return false;
  if (!isSameConfig(running.planned.config, next.planned.config)) return false;
  const extensions = new Set([...kept].filter(({ kind }) => kind === 'extension').map(({ id }) => id));
  return [...running.uses].every((id) => extensions.has(id));
}
