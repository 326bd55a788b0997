/** The time under the pointer, shared by all charts of a page. One pointer, so one value for the whole document. */
import { useEffect } from 'react';

type Listener = (timeMs: number | undefined, source: object) => void;

const listeners = new Set<Listener>();

export function publishCrosshair(timeMs: number | undefined, source: object): void {
  for (const listener of listeners) listener(timeMs, source);
}

export function subscribeCrosshair(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls `listener` on each move; for code that moves an element without rendering. */
export function useCrosshair(listener: Listener): void {
  useEffect(() => subscribeCrosshair(listener), [listener]);
}
