/**
 * Work that makes a page whole but need not be done at once, such as setting up each of its charts: a piece after the other, each as soon as the
 * browser has nothing more urgent to do, so that the page answers in between.
 */

/** What is left of a frame after the browser's own work. */
const TURN_MS = 8;

const waiting: (() => void)[] = [];
const channel = new MessageChannel();
channel.port1.onmessage = takeTurn;

/** Does `work` when it is its turn. The result takes it back. */
export function inTurn(work: () => void): () => void {
  if (waiting.push(work) === 1) channel.port2.postMessage(undefined);
  return () => {
    const at = waiting.indexOf(work);
    if (at >= 0) waiting.splice(at, 1);
  };
}

function takeTurn(): void {
  const untilMs = performance.now() + TURN_MS;
  try {
    do waiting.shift()?.();
    while (waiting.length > 0 && performance.now() < untilMs);
  } finally {
    if (waiting.length > 0) channel.port2.postMessage(undefined);
  }
}
