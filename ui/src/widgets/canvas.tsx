/** A canvas that fills its box at the screen's resolution and is redrawn when its inputs or its size change. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Draw = (context: CanvasRenderingContext2D, size: Size) => void;

const NO_SIZE: Size = { width: 0, height: 0 };

/**
 * Follows an element's size in CSS pixels; `guess` until the first layout. The size comes with the browser's own layout, before it paints: to ask for it
 * while a page is being put together would make the browser lay out what is not complete, in the same long task.
 */
export function useSize(element: RefObject<HTMLElement | null>, guess: Size = NO_SIZE): Size {
  const [size, setSize] = useState(guess);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const update = (): void => {
      const { clientWidth: width, clientHeight: height } = target;
      const next = (previous: Size): Size =>
        previous.width === width && previous.height === height ? previous : { width, height };
      flushSync(() => setSize(next));
    };
    const observer = new ResizeObserver(update);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Draws into `canvas` before the browser paints, whenever `draw` or `size` is another one. */
export function useDraw(canvas: RefObject<HTMLCanvasElement | null>, size: Size, draw: Draw): void {
  useLayoutEffect(() => {
    const target = canvas.current;
    if (!target || size.width === 0 || size.height === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(size.width * ratio);
    const height = Math.round(size.height * ratio);
    if (target.width !== width || target.height !== height) {
      target.width = width;
      target.height = height;
    }
    const context = target.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    draw(context, size);
  }, [canvas, size, draw]);
}

export interface DragBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

interface DragOptions {
  readonly onDone: (box: DragBox) => void;
  readonly onClick?: (x: number, y: number) => void;
}

const CLICK_PX = 4;

/** Dragging a box with the primary button. Positions are relative to the element; Escape gives up. */
export function useDrag(element: RefObject<HTMLElement | null>, options: DragOptions): DragBox | undefined {
  const [box, setBox] = useState<DragBox>();
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    let from: { x: number; y: number } | undefined;
    const place = (event: PointerEvent): { x: number; y: number } => {
      const rect = target.getBoundingClientRect();
      return { x: event.clientX - rect.left, y: event.clientY - rect.top };
    };
    const onDown = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      from = place(event);
      target.setPointerCapture(event.pointerId);
    };
    const onMove = (event: PointerEvent): void => {
      if (!from) return;
      const to = place(event);
      if (Math.abs(to.x - from.x) + Math.abs(to.y - from.y) < CLICK_PX) return;
      setBox({
        x0: Math.min(from.x, to.x),
        y0: Math.min(from.y, to.y),
        x1: Math.max(from.x, to.x),
        y1: Math.max(from.y, to.y),
      });
    };
    const onUp = (event: PointerEvent): void => {
      if (!from) return;
      const start = from;
      const to = place(event);
      from = undefined;
      setBox(undefined);
      if (Math.abs(to.x - start.x) + Math.abs(to.y - start.y) < CLICK_PX) latest.current.onClick?.(to.x, to.y);
      else
        latest.current.onDone({
          x0: Math.min(start.x, to.x),
          y0: Math.min(start.y, to.y),
          x1: Math.max(start.x, to.x),
          y1: Math.max(start.y, to.y),
        });
    };
    const giveUp = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key !== 'Escape') return;
      from = undefined;
      setBox(undefined);
    };
    target.addEventListener('pointerdown', onDown);
    target.addEventListener('pointermove', onMove);
    target.addEventListener('pointerup', onUp);
    target.addEventListener('pointercancel', giveUp);
    window.addEventListener('keydown', giveUp);
    return () => {
      target.removeEventListener('pointerdown', onDown);
      target.removeEventListener('pointermove', onMove);
      target.removeEventListener('pointerup', onUp);
      target.removeEventListener('pointercancel', giveUp);
      window.removeEventListener('keydown', giveUp);
    };
  }, [element]);
  return box;
}
