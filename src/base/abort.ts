import { ConsumeError } from './errors.ts';

const NOTHING = (): void => undefined;

/** Calls `callback` once when it is aborted, at once if it is already. Returns the function that ends the watch. */
export function onAbort(abort: AbortSignal | undefined, callback: () => void): () => void {
  if (abort === undefined) return NOTHING;
  if (abort.aborted) {
    callback();
    return NOTHING;
  }
  abort.addEventListener('abort', callback, { once: true });
  return () => abort.removeEventListener('abort', callback);
}

/** What is waited for, or the reason of an abort as soon as there is one. What is waited for goes on: others may want it too. */
export async function unlessAborted<T>(awaited: Promise<T>, abort: AbortSignal | undefined): Promise<T> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  const endWatch = onAbort(abort, () => reject(abort!.reason));
  try {
    return await Promise.race([awaited, gone]);
  } finally {
    endWatch();
  }
}

/** What a consumer throws that was told to stop before it had taken the batch. */
export function cancelledError(): ConsumeError {
  return new ConsumeError('cancelled: nobody waits for it any more', { reason: 'cancelled', grpcCode: 1 });
}
