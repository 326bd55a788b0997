/** What the start times of two samples say about a counter between them, as promql/functions.go of Prometheus 3.16 reads them. */

/** Whether the counter began anew between the samples; 0 stands for a start that is not known. */
export function isStartReset(
  previousStartMs: number,
  previousMs: number,
  currentStartMs: number,
  currentMs: number,
): boolean {
  if (previousStartMs === currentStartMs || currentStartMs === 0 || currentStartMs >= currentMs) return false;
  if (currentStartMs !== previousMs) return currentStartMs > previousMs;
  // It began with the sample before: of that one only if it says that it began elsewhere.
  return previousStartMs <= previousMs && previousStartMs !== 0 && previousStartMs !== previousMs;
}

/** Whether the counter began between a time and a later sample. */
export function isStartResetAfter(timeMs: number, startMs: number, sampleMs: number): boolean {
  return startMs > timeMs && sampleMs > timeMs && isStartReset(timeMs, timeMs, startMs, sampleMs);
}

/** Whether a start contradicts the sample before, which has another one. */
export function doStartsOverlap(previousStartMs: number, previousMs: number, currentStartMs: number): boolean {
  return currentStartMs !== 0 && currentStartMs < previousMs && currentStartMs !== previousStartMs;
}
