import { expect, test } from 'vitest';
import { firstQuestion } from './questions.ts';
import { parseSearch, readSearch } from './search.ts';

const SCOPE = { from: 1_000, to: 2_000, environment: 'prod' };
const questionOf = (pathname: string, search = '') => firstQuestion(pathname, readSearch(parseSearch(search)), SCOPE);

test.each([
  ['/', '', '/services', SCOPE],
  ['/services', '?filter=x', '/services', SCOPE],
  ['/services/a%20b', '?operation=GET', '/services/a%20b', { ...SCOPE, operation: 'GET' }],
  ['/traces/0af7', '?span=12', '/traces/0af7', {}],
  ['/metrics', '?own=1', '/metrics', { ...SCOPE, owner: 'own' }],
  ['/system', '', '/system', { from: 1_000, to: 2_000 }],
])('%s%s asks %s first', (pathname, search, path, params) => {
  const question = questionOf(pathname, search);
  expect(question?.path).toBe(path);
  expect(JSON.parse(JSON.stringify(question?.params))).toEqual(params);
});

test('lists ask with all that narrows them', () => {
  expect(questionOf('/traces', '?service=cart&min=5&status=error&sort=slowest')?.params).toMatchObject({
    ...SCOPE,
    ...{ service: 'cart', minDurationNs: 5, status: 'error', sort: 'slowest' },
  });
  expect(questionOf('/logs', '?severity=error,warn&trace=ab')?.params).toMatchObject({
    ...SCOPE,
    ...{ severity: 'error,warn', traceId: 'ab' },
  });
});

test('an address that is no page, or whose page asks nothing by itself, asks nothing; one that can’t be read throws', () => {
  expect(questionOf('/send')).toBeUndefined();
  expect(questionOf('/nosuch')).toBeUndefined();
  expect(questionOf('/services/a/b')).toBeUndefined();
  expect(() => questionOf('/services/%')).toThrow(URIError);
});
