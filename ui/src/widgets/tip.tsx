/** What stands beside the pointer over a drawing: at its right in the left half, at its left in the right one, and never beyond the edges. */
import { type ReactNode, useLayoutEffect, useRef } from 'react';

const AWAY_PX = 12;
const EDGE_PX = 4;

interface TipProps {
  /** Of the pointer, within the element that the drawing fills. */
  readonly x: number;
  readonly top?: number;
  readonly children: ReactNode;
}

export function Tip({ x, top = EDGE_PX, children }: TipProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tip = box.current!;
    const room = tip.offsetParent?.clientWidth ?? 0;
    const own = tip.offsetWidth;
    const left = x > room / 2 ? x - AWAY_PX - own : x + AWAY_PX;
    tip.style.left = `${Math.max(EDGE_PX, Math.min(left, room - own - EDGE_PX))}px`;
  });
  return (
    <div className="tip" ref={box} style={{ top }}>
      {children}
    </div>
  );
}
