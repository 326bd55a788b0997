import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { headersSetterSchema, validateHeadersSetter } from './config.ts';
import { headersSetterFactory } from './index.ts';

const CONTEXT = {
  metadata: new Map([
    ['tenant', ['a']],
    ['several', ['a', 'b']],
    ['evil', ['x\r\nauthorization: y']],
  ]),
  auth: new Map([['username', 'me']]),
};

test('headers from texts, from the client, and by default, where the action says so', async () => {
  const headers = [
    { key: 'Fixed', value: 'v' },
    { key: 'X-Scope-OrgID', from_context: 'Tenant' },
    { key: 'missing', from_context: 'none' },
    { key: 'default', from_context: 'none', default_value: 'd' },
    { key: 'evil', from_context: 'evil' },
    { key: 'there', value: 'insert', action: 'insert' },
    { key: 'not-there', value: 'insert', action: 'insert' },
    { key: 'There', value: 'update', action: 'update' },
    { key: 'nowhere', value: 'update', action: 'update' },
    { key: 'who', from_attribute: 'username' },
    { key: 'who-else', from_attribute: 'none', default_value: 'nobody' },
    { key: 'gone', action: 'delete' },
    { key: 'gone-again', value: 'x' },
    { key: 'gone-again', action: 'delete' },
  ];
  const config = headersSetterSchema.parse({ headers, additional_auth: 'basicauth' });
  const extension = headersSetterFactory.create(fakeSettings(), config);
  const host = {
    ...fakeHost(),
    extension: () => ({ headers: async () => ({ authorization: 'Basic x' }) }) as never,
  };
  await extension.start(host);
  expect(await extension.capabilities!.client_auth!.headers(CONTEXT, new Set(['there']))).toEqual({
    authorization: 'Basic x',
    fixed: 'v',
    'x-scope-orgid': 'a',
    default: 'd',
    'not-there': 'insert',
    there: 'update',
    who: 'me',
    'who-else': 'nobody',
    gone: undefined,
    'gone-again': undefined,
  });
});

test('of several values none can be chosen, as in otelcol', async () => {
  const config = headersSetterSchema.parse({ headers: [{ key: 'a', from_context: 'several' }] });
  const { capabilities } = headersSetterFactory.create(fakeSettings(), config);
  await expect(capabilities!.client_auth!.headers(CONTEXT, new Set())).rejects.toThrow('2 source keys found');
});

test('a value from a file, which may change', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-headers-'));
  try {
    const file = join(folder, 'value');
    writeFileSync(file, 'one\n');
    const config = headersSetterSchema.parse({ headers: [{ key: 'a', value_file: file }] });
    const settings = fakeSettings();
    const extension = headersSetterFactory.create(settings, config);
    await extension.start(fakeHost());
    const headers = () => extension.capabilities!.client_auth!.headers({}, new Set());
    expect(await headers()).toEqual({ a: 'one' });
    writeFileSync(file, 'two');
    await settings.clock.advance(1000);
    expect(await headers()).toEqual({ a: 'two' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [{ key: 'a' }, 'missing header source'],
  [{ key: 'a b', value: 'c' }, 'missing header name'],
  [{ key: 'a', value: 'b', from_context: 'c' }, 'invalid header source'],
])('a mistake: %j', (header, message) => {
  const mistakes = validateHeadersSetter(headersSetterSchema.parse({ headers: [header] }));
  expect(mistakes[0]!.path).toEqual(['headers', 0]);
  expect(mistakes[0]!.message).toContain(message);
});
