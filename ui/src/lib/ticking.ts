/** One timer for everything on the screen that counts on by itself: an age must not stand still because nothing new arrives. */
import { useSyncExternalStore } from 'react';
import { formatAgo } from './format.ts';

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let timer = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) timer = window.setInterval(() => listeners.forEach((tell) => void tell()), TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

/** What `read` gives, asked every second; the caller is drawn again only when it is something else. A primitive value. */
export function useTicking<T extends string | number | boolean>(read: (nowMs: number) => T): T {
  return useSyncExternalStore(subscribe, () => read(Math.floor(Date.now() / TICK_MS) * TICK_MS));
}

/** "5 s ago", counting on. */
export function useAgo(atMs: number): string {
  return useTicking((nowMs) => formatAgo(Math.min(atMs, nowMs), nowMs));
}
