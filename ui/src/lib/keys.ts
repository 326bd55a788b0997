/**
 * Keyboard commands. A component registers its keys while it is mounted; the last registered wins. Keys typed into a
 * field are the field's, `Escape` excepted. `g s` is two strokes within a second.
 */
import { useLayoutEffect, useRef } from 'react';

export interface KeyBinding {
  /** `j`, `Enter`, `shift+ArrowUp`, `g s`, `?`; `ctrl+s` (on a Mac with its command key), which works in fields too. */
  readonly keys: string;
  readonly help: string;
  /** Heading in the list of all keys. */
  readonly group: string;
  /** Comes before pressing the button or link that has the focus. */
  readonly overPressed?: boolean;
  readonly run: (event: KeyboardEvent) => void;
}

interface Registration {
  bindings: readonly KeyBinding[];
}

const registrations: Registration[] = [];
const SEQUENCE_MS = 1000;
let pending = '';
let pendingSinceMs = 0;

/** Registers `bindings` while the calling component is mounted. */
export function useKeys(bindings: readonly KeyBinding[], enabled = true): void {
  const registration = useRef<Registration>({ bindings });
  registration.current.bindings = bindings;
  // Before the page is painted: a key that is shown works.
  useLayoutEffect(() => {
    if (!enabled) return;
    const mine = registration.current;
    registrations.push(mine);
    return () => {
      const at = registrations.indexOf(mine);
      if (at >= 0) registrations.splice(at, 1);
    };
  }, [enabled]);
}

/** All keys that work now, nearest registration first, each key once. */
export function activeBindings(): readonly KeyBinding[] {
  const seen = new Set<string>();
  const active: KeyBinding[] = [];
  for (const { bindings } of registrations.toReversed()) {
    for (const binding of bindings) {
      if (seen.has(binding.keys)) continue;
      seen.add(binding.keys);
      active.push(binding);
    }
  }
  return active;
}

/** Listens on the document; returns the function that stops it. */
export function listenForKeys(): () => void {
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    const command = activeBindings().find(({ keys }) => keys === `ctrl+${event.key.toLowerCase()}`);
    if (command !== undefined) {
      event.preventDefault();
      command.run(event);
    }
    return;
  }
  if (isField(event.target) && event.key !== 'Escape') return;
  // Enter and space on a button or link press it.
  if ((event.key === 'Enter' || event.key === ' ') && isPressable(event.target)) {
    if (!activeBindings().some(({ keys, overPressed }) => keys === event.key && overPressed)) return;
  }
  const stroke = event.shiftKey && event.key.length > 1 ? `shift+${event.key}` : event.key;
  const sequence = pending !== '' && Date.now() - pendingSinceMs < SEQUENCE_MS ? `${pending} ${stroke}` : '';
  pending = '';
  const bindings = activeBindings();
  const match =
    (sequence !== '' && bindings.find(({ keys }) => keys === sequence)) || bindings.find(({ keys }) => keys === stroke);
  if (match) {
    event.preventDefault();
    match.run(event);
  } else if (bindings.some(({ keys }) => keys.startsWith(`${stroke} `))) {
    pending = stroke;
    pendingSinceMs = Date.now();
  }
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary, [role=option]') !== null;
}
