import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Htpasswd } from './htpasswd.ts';

/** Lines that others wrote: Apache's htpasswd, Openwall's test vectors of bcrypt, RFC 2307's SSHA. */
const LINES: readonly (readonly [string, string, string])[] = [
  ['bcrypt of Openwall', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  [
    'bcrypt of Openwall, 72 characters and more',
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
  ['bcrypt of an empty password', '', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  ['SHA-1', 'password', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
  ['plain text', 'password', 'password'],
  ['plain text of nginx', 'password', '{PLAIN}password'],
];

test.each(LINES)('%s', async (_, password, hash) => {
  const users = new Htpasswd(`\nme:${hash}\n`);
  expect(await users.matches('me', password)).toBe(true);
  expect(await users.matches('me', password)).toBe(true);
  expect(await users.matches('me', `${password}!`)).toBe(hash.startsWith('$2a$05$abc'));
  expect(await users.matches('you', password)).toBe(false);
});

function openssl(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('openssl', ['passwd', ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

// What openssl writes is read here: another program says what is right.
test.skipIf(openssl('-1', 'x') === undefined).each([
  ['-apr1', 'abcdefgh'],
  ['-1', 'ab'],
  ['-5', 'saltsalt'],
  ['-6', 'saltstring16char'],
  ['-6', 'rounds=1234$short'],
])('openssl passwd %s -salt %s', async (kind, salt) => {
  for (const password of ['s', 'secret', 'pässwört', 'x'.repeat(40), 'y'.repeat(130)]) {
    const users = new Htpasswd(`me:${openssl(kind, '-salt', salt, password)}`);
    expect(await users.matches('me', password)).toBe(true);
    expect(await users.matches('me', `${password}!`)).toBe(false);
  }
});

test('what is no line is counted, the last line of a user counts', async () => {
  const users = new Htpasswd('no colon\nbad:$2a$10$short\nbad:{SHA}AA==\nme:one\nme:two\n\n');
  expect([users.unreadable, users.userCount]).toEqual([3, 1]);
  expect(await users.matches('me', 'two')).toBe(true);
});

test('guesses wait for each other, and are turned away where too many wait; who is known does not wait', async () => {
  const users = new Htpasswd('me:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW');
  expect(await users.matches('me', 'U*U')).toBe(true);
  const guesses = Array.from({ length: 70 }, (_, i) => users.matches('me', `guess ${i}`));
  expect(await users.matches('me', 'U*U')).toBe(true);
  const answers = await Promise.allSettled(guesses);
  expect(answers.filter(({ status }) => status === 'rejected').length).toBe(6);
  expect(answers.filter((one) => one.status === 'fulfilled' && one.value).length).toBe(0);
});
