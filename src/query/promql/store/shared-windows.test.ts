import { expect, test } from 'vitest';
import type { ReadOptions } from '../../reader/index.ts';
import { SharedWindows } from './shared-windows.ts';

/** Readings that end when the test says so. */
function readings() {
  const begun: { readonly options: ReadOptions; readonly end: (answer: string) => void }[] = [];
  const read = (options: ReadOptions): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
    begun.push({ options, end: resolve });
    return promise;
  };
  return { begun, read };
}

test('what several ask at a time is read once, and again when that has ended', async () => {
  const shared = new SharedWindows<string>();
  const { begun, read } = readings();
  const asked = [shared.read('a', {}, read), shared.read('a', {}, read), shared.read('b', {}, read)];
  expect(begun).toHaveLength(2);
  begun[0]!.end('of a');
  begun[1]!.end('of b');
  expect(await Promise.all(asked)).toEqual(['of a', 'of a', 'of b']);
  const later = shared.read('a', {}, read);
  begun[2]!.end('newer');
  expect(await later).toBe('newer');
});

test('a reading that began a second ago is not new any more', async () => {
  let nowMs = 0;
  const shared = new SharedWindows<string>({ nowMs: () => nowMs });
  const { begun, read } = readings();
  const first = shared.read('a', {}, read);
  nowMs = 999;
  const second = shared.read('a', {}, read);
  nowMs = 1_000;
  const third = shared.read('a', {}, read);
  expect(begun).toHaveLength(2);
  begun[0]!.end('old');
  begun[1]!.end('new');
  expect(await Promise.all([first, second, third])).toEqual(['old', 'old', 'new']);
});

test('who goes gets nothing, and the reading ends with the last one', async () => {
  const shared = new SharedWindows<string>();
  const { begun, read } = readings();
  const [one, two] = [new AbortController(), new AbortController()];
  const asked = [one, two].map(({ signal }) => shared.read('a', { signal }, read));
  const ends = Promise.allSettled(asked);
  one.abort(new Error('gone'));
  await expect(asked[0]).rejects.toThrow('gone');
  expect(begun[0]!.options.signal?.aborted).toBe(false);
  two.abort(new Error('gone, too'));
  await ends;
  expect(begun[0]!.options.signal?.aborted).toBe(true);
  const later = shared.read('a', {}, read);
  begun[1]!.end('anew');
  expect(await later).toBe('anew');
});

test('a failed reading fails for all, and is not taken again', async () => {
  const shared = new SharedWindows<string>();
  const failing = (): Promise<string> => Promise.reject(new Error('no store'));
  const asked = await Promise.allSettled([shared.read('a', {}, failing), shared.read('a', {}, failing)]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await shared.read('a', {}, () => Promise.resolve('there'))).toBe('there');
});

test('groups are made here where others want the same, and in the store where nobody does', async () => {
  const shared = new SharedWindows<string>();
  expect(await shared.isWanted('a')).toBe(false);
  expect(await Promise.all([shared.isWanted('a'), shared.isWanted('a'), shared.isWanted('b')])).toEqual([
    true,
    true,
    false,
  ]);
  const { begun, read } = readings();
  const running = shared.read('a', {}, read);
  expect(await shared.isWanted('a')).toBe(true);
  begun[0]!.end('');
  await running;
  expect(await shared.isWanted('a')).toBe(false);
});
