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

/** What a consumer throws that was told to stop before it had taken the batch. */
export function cancelledError(): ConsumeError {
  return new ConsumeError('cancelled: nobody waits for it any more', { reason: 'cancelled', grpcCode: 1 });
}
