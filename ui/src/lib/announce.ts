/**
 * What a screen reader is told: one polite region of the frame, so that it is there before its words are. A new question's answer is said at
 * once; what a live page refreshes is said rarely, and only where it reads differently.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useScope } from './scope.tsx';
import { rangeKey } from './time-range.ts';

let current = '';
const listeners = new Set<() => void>();

/** Said even if it is what was said last. */
export function announce(text: string): void {
  current = text === current ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}

export function useAnnounced(): string {
  return useSyncExternalStore(subscribe, () => current);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Once per text, while the part that says it is on the page. */
export function useAnnounceOnce(text: string | undefined): void {
  useEffect(() => {
    if (text !== undefined) announce(text);
  }, [text]);
}

/** How long a live page keeps quiet about what only grew older. */
export const QUIET_MS = 60_000;

/** The answer to a question in few words; undefined while there is none. `question`: what was asked, beside the time and the environment. */
export function useAnnouncement(text: string | undefined, question: object): void {
  const { range, environment, owner } = useScope();
  const asked = JSON.stringify([question, environment, owner, rangeKey(range)]);
  const last = useRef({ asked: '', text: '', atMs: 0 });
  useEffect(() => {
    if (text === undefined || !isWorthSaying(last.current, { asked, text, atMs: Date.now() })) return;
    last.current = { asked, text, atMs: Date.now() };
    announce(text);
  }, [asked, text]);
}

interface Said {
  readonly asked: string;
  readonly text: string;
  readonly atMs: number;
}

export function isWorthSaying(last: Said, next: Said): boolean {
  if (last.asked !== next.asked) return true;
  return last.text !== next.text && next.atMs - last.atMs >= QUIET_MS;
}
