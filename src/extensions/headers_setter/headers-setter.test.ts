import { expect, test } from 'vitest';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { headersSetterSchema, validateHeadersSetter } from './config.ts';
import { headersSetterFactory } from './index.ts';

const CONTEXT = {
  metadata: new Map([
    ['tenant', ['a', 'b']],
    ['evil', ['x\r\nauthorization: y']],
  ]),
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
    'x-scope-orgid': 'a, b',
    default: 'd',
    'not-there': 'insert',
    there: 'update',
  });
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
