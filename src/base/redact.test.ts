import { describe, expect, test } from 'vitest';
import { ConfigError, ConsumeError, StartError } from './errors.ts';
import { withoutPasswords, withoutPaths } from './redact.ts';

test.each([
  ['http://user:pass@host:1/a', 'http://user:[REDACTED]@host:1/a'],
  ['http://user:p@ss:w/ord@host', 'http://user:[REDACTED]@ss:w/ord@host'],
  ['http://user:p@ss@host/x@y', 'http://user:[REDACTED]@host/x@y'],
  ['https://token@sentry.example/1', 'https://[REDACTED]@sentry.example/1'],
  [
    'got "postgres+ssl://a:b%20c@db", twice: amqp://x:y@q',
    'got "postgres+ssl://a:[REDACTED]@db", twice: amqp://x:[REDACTED]@q',
  ],
  [
    'https://host/api?site=eu&api_key=abc%20d&x=1, http://h/v1?access_token=t#a',
    'https://host/api?site=eu&api_key=[REDACTED]&x=1, http://h/v1?access_token=[REDACTED]#a',
  ],
  ['http://host/path?mail=a:b@c', 'http://host/path?mail=a:b@c'],
  ['mail me@example.com, see http://example.com', 'mail me@example.com, see http://example.com'],
])('%s', (text, want) => {
  expect(withoutPasswords(text)).toBe(want);
});

test('errors hold no password, wherever their text comes from', () => {
  const text = 'exporters::a::endpoint: got "http://u:secret@host"';
  for (const error of [new StartError(text, text), new ConfigError('a', text), new ConsumeError(text)]) {
    expect(`${error.message} ${(error as StartError).hint}`).not.toContain('secret');
  }
});

describe('paths', () => {
  test.each([
    ['spool folder /var/lib/signalbox/spool: ENOSPC', 'spool folder [path]: ENOSPC'],
    ["ENOENT: no such file or directory, open '/home/a b/c d.seg'", 'ENOENT: no such file or directory, open [path]'],
    ['can\'t read "/etc/x.pem"', "can't read [path]"],
    ['(/data/x)', '([path])'],
    ['/data is full.', '[path] is full.'],
    ['C:\\Users\\me\\data: gone', '[path]: gone'],
    ['~/data', '[path]'],
    ['request to http://host:4318/v1/traces failed', 'request to http://host:4318/v1/traces failed'],
    ['expected application/json, or text/*', 'expected application/json, or text/*'],
    ['1/2 and a / b', '1/2 and a / b'],
  ])('%s', (text, want) => {
    expect(withoutPaths(text)).toBe(want);
  });
});
