import { expect, test } from 'vitest';
import { unlessAborted } from './abort.ts';

test('what is waited for is given as it is where nobody aborts', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1);
  expect(await unlessAborted(Promise.resolve(2), undefined)).toBe(2);
  await expect(unlessAborted(Promise.reject(new Error('wrong')), signal)).rejects.toThrow('wrong');
});

test('an abort ends the waiting, and not what is waited for', async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  const abort = new AbortController();
  const waiting = unlessAborted(promise, abort.signal);
  abort.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  await expect(unlessAborted(promise, abort.signal)).rejects.toThrow('gone');
  // Nobody is told of its failure any more, nor is it one that nobody handles.
  reject(new Error('late'));
});
