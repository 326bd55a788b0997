import { type RefObject, useEffect, useRef, useState } from 'react';
import type { GridPlace } from '#dashboards';

const COLUMNS = 24;
const CELL_PX = 38;

/** How far a panel was dragged, in pixels, while it is. */
export interface Grip {
  readonly kind: 'move' | 'size';
  readonly x: number;
  readonly y: number;
}

/**
 * Dragging a panel by its head (`.dash-grip`) or by its corner (`.dash-corner`); Escape gives up. `onDrop` gets its new place in cells. What is pressed
 * and not moved is a click.
 */
export function useGrip(
  box: RefObject<HTMLElement | null>,
  place: GridPlace,
  onDrop: ((place: GridPlace) => void) | undefined,
): Grip | undefined {
  const [grip, setGrip] = useState<Grip>();
  const latest = useRef({ place, onDrop });
  latest.current = { place, onDrop };
  const isOn = onDrop !== undefined;
  useEffect(() => {
    const element = box.current;
    if (element === null || !isOn) return;
    let from: { x: number; y: number; kind: Grip['kind'] } | undefined;
    const onDown = (event: PointerEvent): void => {
      const target = event.target as Element;
      const kind = target.closest('.dash-corner') ? 'size' : target.closest('.dash-grip') ? 'move' : undefined;
      if (event.button !== 0 || kind === undefined || target.closest('button, a')) return;
      // On a phone there is one column, and no place to choose.
      const { gridTemplateColumns } = getComputedStyle(element.parentElement!);
      if (gridTemplateColumns.split(' ').length < COLUMNS) return;
      event.preventDefault();
      from = { x: event.clientX, y: event.clientY, kind };
      element.setPointerCapture(event.pointerId);
    };
    const onMove = (event: PointerEvent): void => {
      if (from) setGrip({ kind: from.kind, x: event.clientX - from.x, y: event.clientY - from.y });
    };
    const onUp = (event: PointerEvent): void => {
      if (!from) return;
      const width = element.parentElement?.clientWidth ?? 0;
      const columns = Math.round(((event.clientX - from.x) / Math.max(1, width)) * COLUMNS);
      const rows = Math.round((event.clientY - from.y) / CELL_PX);
      const { x, y, w, h } = latest.current.place;
      const next = from.kind === 'move' ? { x: x + columns, y: y + rows, w, h } : { x, y, w: w + columns, h: h + rows };
      from = undefined;
      setGrip(undefined);
      if (columns !== 0 || rows !== 0) latest.current.onDrop?.(next);
    };
    const giveUp = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key !== 'Escape') return;
      from = undefined;
      setGrip(undefined);
    };
    element.addEventListener('pointerdown', onDown);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', giveUp);
    window.addEventListener('keydown', giveUp);
    return () => {
      element.removeEventListener('pointerdown', onDown);
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', giveUp);
      window.removeEventListener('keydown', giveUp);
    };
  }, [box, isOn]);
  return grip;
}
