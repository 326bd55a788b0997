import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type FakeSettings, fakeHost, fakeSettings } from '#component/testing.ts';
import { bearerTokenSchema, validateBearerToken } from './config.ts';
import { bearerTokenAuthFactory } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-bearer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'token'), 'one\ntwo\n');

test.each([
  [{ token: 'a' }, { authorization: 'Bearer a' }],
  [{ tokens: ['a', 'b'] }, { authorization: 'Bearer a' }],
  [{ token: 'a', scheme: '', header: 'X-Api-Key' }, { 'x-api-key': 'a' }],
  [{ filename: join(folder, 'token'), scheme: 'Token' }, { authorization: 'Token one' }],
])('%j', async (block, headers) => {
  const extension = bearerTokenAuthFactory.create(fakeSettings(), bearerTokenSchema.parse(block));
  await extension.start(fakeHost());
  expect(await extension.capabilities!.client_auth!.headers({}, new Set())).toEqual(headers);
});

const shown = (header: string, value: string) => new Map([[header, [value]]]);

test('lets in who shows one of the tokens', async () => {
  const config = bearerTokenSchema.parse({ tokens: ['a', 'b'], header: 'X-Key', scheme: 'Token' });
  const { authenticate } = bearerTokenAuthFactory.create(fakeSettings(), config).capabilities!.server_auth!;
  expect(await authenticate(shown('x-key', 'Token b'))).toEqual(new Map());
  for (const value of ['Token c', 'b', 'token b', '']) {
    await expect(authenticate(shown('x-key', value))).rejects.toThrow('does not match expected scheme or token');
  }
  await expect(authenticate(shown('authorization', 'Token a'))).rejects.toThrow(
    'missing or empty authorization header: X-Key',
  );
});

test('tokens of a file, which may change, with comments behind them', async () => {
  const file = join(folder, 'tokens');
  writeFileSync(file, 'one  of the shop\n\n two\n');
  const settings = fakeSettings();
  const extension = bearerTokenAuthFactory.create(settings, bearerTokenSchema.parse({ filename: file }));
  await extension.start(fakeHost());
  const { authenticate } = extension.capabilities!.server_auth!;
  await authenticate(shown('authorization', 'Bearer one'));
  await authenticate(shown('authorization', 'Bearer two'));
  writeFileSync(file, 'three');
  await settings.clock.advance(1000);
  await authenticate(shown('authorization', 'Bearer three'));
  await expect(authenticate(shown('authorization', 'Bearer one'))).rejects.toThrow('does not match');
});

test('a file that is not there yet: the start fails, or goes on, or waits', async () => {
  const file = join(folder, 'late');
  const made = (block: object) => {
    const settings = fakeSettings();
    const config = bearerTokenSchema.parse({ filename: file, ...block });
    return { settings, extension: bearerTokenAuthFactory.create(settings, config) };
  };
  await expect(made({}).extension.start(fakeHost())).rejects.toThrow('::filename: ');
  const retry = { enabled: true, interval: '1s', max_retries: 2 };
  const going = made({ retry_on_failure: retry }).extension;
  await going.start(fakeHost());
  const waiting = made({ retry_on_failure: retry, wait_for_token_file: true });
  const started = waiting.extension.start(fakeHost());
  const given = made({ retry_on_failure: retry, wait_for_token_file: true });
  /** Simulated time goes on until it has ended; the disk takes its own time. */
  const ended = async (settings: FakeSettings, run: Promise<unknown>): Promise<void> => {
    let hasEnded = false;
    void run.catch(() => undefined).finally(() => (hasEnded = true));
    while (!hasEnded) {
      await new Promise(setImmediate);
      await settings.clock.advance(1000);
    }
  };
  const failing = given.extension.start(fakeHost());
  await ended(given.settings, failing);
  await expect(failing).rejects.toThrow('::filename: ');
  writeFileSync(file, 'late');
  await ended(waiting.settings, started);
  expect(await going.capabilities!.client_auth!.headers({}, new Set())).toEqual({ authorization: 'Bearer late' });
});

test('mistakes', () => {
  const pathsOf = (block: object): unknown[] =>
    validateBearerToken(bearerTokenSchema.parse(block)).map(({ path }) => path);
  expect(pathsOf({ token: 'a', tokens: ['b'] })).toEqual([['tokens']]);
  expect(pathsOf({ token: 'a', header: 'a b' })).toEqual([['header']]);
  expect(pathsOf({ token: 'a', retry_on_failure: { enabled: true, interval: '1s' } })).toEqual([['filename']]);
  expect(pathsOf({ filename: 'a', wait_for_token_file: true })).toEqual([['wait_for_token_file']]);
});
