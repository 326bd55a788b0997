/** Where a tip stands: right of the pointer, or left of it near the right edge. */
export function tipPlace(x: number): { left?: number; right?: string; top: number } {
  return x > window.innerWidth / 2 ? { right: `calc(100% - ${x - 12}px)`, top: 4 } : { left: x + 12, top: 4 };
}
