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

const server = async (htpasswd: object) => {
  const extension = basicAuthFactory.create(fakeSettings(), basicAuthSchema.parse({ htpasswd }));
  await extension.start(fakeHost());
  return (header?: string) =>
    extension.capabilities!.server_auth!.authenticate(
      new Map(header === undefined ? [] : [['authorization', [header]]]),
    );
};
const sha = (user: string): string => `${user}:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=`;
const header = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test('lets users of a file and of the configuration in, which wins', async () => {
  const file = join(folder, 'htpasswd');
  writeFileSync(file, `${sha('file')}\nboth:old`);
  const authenticate = await server({ file, inline: 'both:new' });
  const raw = Buffer.from('file:password').toString('base64');
  expect(await authenticate(header('file:password'))).toEqual(
    new Map([
      ['username', 'file'],
      ['raw', raw],
    ]),
  );
  expect((await authenticate(header('both:new').replace('Basic', 'bASIC'))).get('username')).toBe('both');
  await expect(authenticate(header('both:old'))).rejects.toThrow('invalid credentials');
});

test.each([
  [undefined, 'no basic auth provided'],
  ['Bearer x', 'invalid authorization scheme prefix'],
  [`Basic ${Buffer.from('nocolon').toString('base64')}`, 'invalid authorization format'],
  [header('nobody:x'), 'invalid credentials'],
])('sends %s away', async (value, message) => {
  await expect((await server({ inline: sha('me') }))(value)).rejects.toThrow(message);
});

test('mistakes', () => {
  const messages = (block: object): unknown[] =>
    validateBasicAuth(basicAuthSchema.parse(block)).map((one) => one.message);
  expect(messages({ htpasswd: { inline: 'a:b' }, client_auth: {} })).toEqual([expect.stringContaining('only one of')]);
  expect(messages({ htpasswd: {} })).toEqual(['no credential source provided']);
  expect(messages({ htpasswd: { inline: 'a:b' } })).toEqual([]);
});

test('a file of htpasswd that is not there is told at the start', async () => {
  await expect(server({ file: join(folder, 'none') })).rejects.toThrow(/::htpasswd::file: .*ENOENT/);
});
