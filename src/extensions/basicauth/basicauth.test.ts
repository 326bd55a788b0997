import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { basicAuthSchema, validateBasicAuth } from './config.ts';
import { basicAuthFactory } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-basicauth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const basic = (pair: string): object => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

test('user and password, also from files, which may change', async () => {
  const file = join(folder, 'password');
  writeFileSync(file, 'first\n');
  const settings = fakeSettings();
  const config = basicAuthSchema.parse({ client_auth: { username: 'mé', password: 'no', password_file: file } });
  const extension = basicAuthFactory.create(settings, config);
  await extension.start(fakeHost());
  const headers = (): Promise<object> => extension.capabilities!.client_auth!.headers({}, new Set());
  expect(await headers()).toEqual(basic('mé:first'));
  writeFileSync(file, 'second');
  await settings.clock.advance(1000);
  expect(await headers()).toEqual(basic('mé:second'));
  rmSync(file);
  await settings.clock.advance(1000);
  expect(await headers()).toEqual(basic('mé:second'));
});

test('a file that is not there is told at the start, with its key', async () => {
  const config = basicAuthSchema.parse({ client_auth: { username_file: join(folder, 'none') } });
  const extension = basicAuthFactory.create(fakeSettings({ id: 'basicauth/a' }), config);
  await expect(extension.start(fakeHost())).rejects.toThrow(
    /extensions::basicauth\/a::client_auth::username_file: .*ENOENT/,
  );
});

test('credentials for receivers are refused', () => {
  expect(validateBasicAuth(basicAuthSchema.parse({ htpasswd: { inline: 'a:b' } }))[0]!.path).toEqual(['htpasswd']);
  expect(validateBasicAuth(basicAuthSchema.parse({ htpasswd: {}, client_auth: {} }))[0]!.message).toContain(
    'only one of',
  );
});
