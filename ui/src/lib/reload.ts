/** Whether to load the console anew would find it. */
export function serverAnswers(): Promise<boolean> {
  return fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
const LIMIT_MS = 5_000;
