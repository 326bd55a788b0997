import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fakeHost, fakeSettings } from '#component/testing.ts';
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

test('mistakes', () => {
  const pathsOf = (block: object): unknown[] =>
    validateBearerToken(bearerTokenSchema.parse(block)).map(({ path }) => path);
  expect(pathsOf({ token: 'a', tokens: ['b'] })).toEqual([['tokens']]);
  expect(pathsOf({ token: 'a', header: 'a b' })).toEqual([['header']]);
});
