import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Dashboard, type JsonObject, type ReadDashboard, readDashboard } from '#dashboards';

/** A dashboard that is being changed: what it is now, and the way back and forth. */
export interface Draft {
  readonly dashboard: Dashboard;
  readonly json: JsonObject;
  readonly isChanged: boolean;
  /** Whether it was changed since this page was opened. */
  readonly isTouched: boolean;
  /** The version that the changes began with; null where it was not saved in the console then. */
  readonly base: number | null;
  /** Somebody saved it since the changes began. */
  readonly isOutdated: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Changes that follow each other under one name, such as typing into a field, are one step. */
  readonly change: (next: JsonObject, name?: string) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly discard: () => void;
  /** The changes are meant to replace what somebody else saved. */
  readonly rebase: () => void;
}

/** undefined: as its file is, which may change meanwhile. */
type Step = JsonObject | undefined;

interface Steps {
  readonly past: readonly Step[];
  readonly now: Step;
  readonly future: readonly Step[];
  readonly name: string | undefined;
  readonly base: number | null;
  readonly isTouched: boolean;
}

interface Kept {
  readonly json: JsonObject;
  readonly base: number | null;
}

const MOST_STEPS = 100;
const KEY = 'signalbox.dashboard-changes.';
/** Of what a browser keeps; a larger draft is gone with its page. */
const MOST_CHARS = 1_000_000;

/**
 * The changes are kept in this browser until they are saved or discarded, so that closing a page loses none. `savedMs` is the version of what is
 * given. Changes that the given dashboard has, because they were saved, are none any more.
 */
export function useDraft({ dashboard: given }: ReadDashboard, savedMs: number | null): Draft {
  const key = `${KEY}${given.uid}`;
  const [steps, setSteps] = useState<Steps>(() => {
    const kept = readKept(key);
    const past = kept === undefined ? [] : [undefined];
    return {
      past,
      now: kept?.json,
      future: [],
      name: undefined,
      base: kept === undefined ? savedMs : kept.base,
      isTouched: false,
    };
  });
  const { past, now, future, base, isTouched } = steps;
  const json = now ?? given.json;
  const dashboard = useMemo(
    () =>
      now === undefined ? given : readDashboard({ name: `${given.uid}.json`, text: JSON.stringify(now) }).dashboard,
    [now, given],
  );
  useSettled(given, dashboard, setSteps);
  useEffect(() => writeKept(key, now === undefined ? undefined : { json: now, base }), [key, now, base]);
  const change = useCallback<Draft['change']>(
    (next, name) =>
      setSteps((before) => {
        const isSameStep = name !== undefined && name === before.name;
        const steps = isSameStep ? before.past : [...before.past, before.now].slice(-MOST_STEPS);
        const base = before.now === undefined ? savedMs : before.base;
        return { past: steps, now: next, future: [], name, base, isTouched: true };
      }),
    [savedMs],
  );
  const undo = useCallback(() => setSteps(undone), []);
  const redo = useCallback(() => setSteps(redone), []);
  const discard = useCallback(
    () =>
      setSteps((before) => ({
        ...{ past: [...before.past, before.now], now: undefined, future: [], name: undefined },
        ...{ base: before.base, isTouched: false },
      })),
    [],
  );
  const rebase = useCallback(() => setSteps((before) => ({ ...before, base: savedMs })), [savedMs]);
  const isChanged = now !== undefined;
  return {
    ...{ dashboard, json, isChanged, canUndo: past.length > 0, canRedo: future.length > 0 },
    ...{
      isTouched: isChanged && isTouched,
      base: isChanged ? base : savedMs,
      isOutdated: isChanged && base !== savedMs,
    },
    ...{ change, undo, redo, discard, rebase },
  };
}

/** Where what is given has become what the changes made of it, they are over; the way back leads through what it was before. */
function useSettled(given: Dashboard, drawn: Dashboard, setSteps: (change: (before: Steps) => Steps) => void): void {
  const last = useRef(given);
  useEffect(() => {
    if (last.current === given) return;
    const before = last.current.json;
    last.current = given;
    if (drawn === given || JSON.stringify(drawn.json) !== JSON.stringify(given.json)) return;
    setSteps(({ past, base }) => ({
      ...{ past: past.map((step) => step ?? before), now: undefined, future: [], name: undefined },
      ...{ base, isTouched: false },
    }));
  }, [given, drawn, setSteps]);
}

function undone(before: Steps): Steps {
  if (before.past.length === 0) return before;
  const [past, now] = [before.past.slice(0, -1), before.past.at(-1)];
  return { ...before, past, now, future: [before.now, ...before.future], name: undefined, isTouched: true };
}

function redone(before: Steps): Steps {
  const [next, ...rest] = before.future;
  if (before.future.length === 0) return before;
  return { ...before, past: [...before.past, before.now], now: next, future: rest, name: undefined, isTouched: true };
}

/** What can't be read as a dashboard any more is no draft. */
function readKept(key: string): Kept | undefined {
  try {
    const text = window.localStorage.getItem(key);
    if (text === null) return undefined;
    const { json, base } = JSON.parse(text) as Kept;
    return { json: readDashboard({ name: key, text: JSON.stringify(json) }).dashboard.json, base };
  } catch {
    return undefined;
  }
}

function writeKept(key: string, kept: Kept | undefined): void {
  try {
    const text = kept === undefined ? '' : JSON.stringify(kept);
    if (text === '' || text.length > MOST_CHARS) window.localStorage.removeItem(key);
    else window.localStorage.setItem(key, text);
  } catch {
    // Storage may be forbidden or full: the draft then lasts as long as the page.
  }
}
