/** Default sizes of the engine. */

/** SELECTs, inserts with data, and other statements that run at a time. */
export const defaultLanes = { readLanes: 4, insertLanes: 2, controlLanes: 3 } as const;

/**
 * Threads that the engine's queries and this process's file work need. Node.js reads the number once, when its pool
 * starts: set UV_THREADPOOL_SIZE to it in the process's environment.
 */
export function threadPoolSize(
  lanes: { readLanes?: number; insertLanes?: number; controlLanes?: number } = {},
): number {
  const { readLanes, insertLanes, controlLanes } = { ...defaultLanes, ...lanes };
  // Two for statements of our own (stopping queries), four for files and compression.
  return readLanes + insertLanes + controlLanes + 2 + 4;
}
