/** The text as far as it has room on a canvas, with an ellipsis where some of it has none. */
export function cutText(context: CanvasRenderingContext2D, text: string, space: number): string {
  if (context.measureText(text).width <= space) return text;
  let length = Math.min(text.length, Math.ceil(space / 4));
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > space) length--;
  return `${text.slice(0, length)}…`;
}
