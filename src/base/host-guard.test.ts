import { describe, expect, test } from 'vitest';
import { HostGuard, hostRefusal, isHostPattern } from './host-guard.ts';

interface Refused {
  readonly message: string;
  readonly isFirst: boolean;
}

function guardOn(
  address: string,
  allowed: readonly string[] = [],
  ownHost = '',
): { guard: HostGuard; refused: Refused[] } {
  const refused: Refused[] = [];
  const onRefused = (message: string, isFirst: boolean): void => void refused.push({ message, isFirst });
  const guard = new HostGuard({ listener: 'here', ownHost, allowed, onRefused });
  guard.listensOn({ address });
  return { guard, refused };
}

const LOOPBACK = [
  'localhost',
  'LOCALHOST:4318',
  'localhost.',
  'a.localhost:1',
  '127.0.0.1:80',
  '127.8.9.10',
  '[::1]:4317',
];
const FOREIGN = [
  'evil.example',
  'evil.example:4318',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'xlocalhost',
  '192.168.1.7',
  '0.0.0.0:4318',
  '[fe80::1]',
  'a@localhost:1:2',
  '',
  ' ',
];

describe('a listener on loopback', () => {
  test.each(LOOPBACK)('answers to %s', (host) => {
    expect(guardOn('127.0.0.1').guard.refusal(host)).toBeUndefined();
    expect(guardOn('::1').guard.refusal(host)).toBeUndefined();
  });

  test.each(FOREIGN)('refuses %j', (host) => {
    expect(guardOn('127.0.0.1').guard.refusal(host)).toMatch(/^here: the name/);
    expect(guardOn('::1').guard.refusal(host)).toMatch(/--allowed-hosts/);
  });

  test('answers to what is allowed, and to what it was told to listen on', () => {
    const { guard } = guardOn('127.0.1.1', ['box.example', '*.team.example'], 'my-machine');
    for (const host of ['box.example:4300', 'BOX.example', 'a.b.team.example', 'my-machine:4318']) {
      expect(guard.refusal(host)).toBeUndefined();
    }
    for (const host of ['a.box.example', 'team.example', '.team.example', 'evilteam.example']) {
      expect(guard.refusal(host)).toBeDefined();
    }
  });

  test('with * it answers to all names', () => {
    expect(guardOn('127.0.0.1', ['*']).guard.refusal('evil.example')).toBeUndefined();
  });

  test('a request without Host is no browser', () => {
    expect(guardOn('127.0.0.1').guard.refusal(undefined)).toBeUndefined();
  });
});

describe('a listener for others', () => {
  test.each(['0.0.0.0', '::', '192.168.1.7'])('on %s answers to any name', (address) => {
    expect(guardOn(address).guard.refusal('collector.example:4318')).toBeUndefined();
  });

  test('answers only to addresses and what is listed, once something is', () => {
    const { guard } = guardOn('0.0.0.0', ['box.example']);
    for (const host of ['box.example', '10.1.2.3:13133', '[fd00::1]:4318', 'localhost']) {
      expect(guard.refusal(host)).toBeUndefined();
    }
    expect(guard.refusal('evil.example')).toMatch(/only addresses and/);
  });
});

describe('more than one Host', () => {
  const raw = (...hosts: readonly string[]): string[] => ['Accept', '*/*', ...hosts.flatMap((host) => ['hOst', host])];

  test.each([
    ['localhost', 'localhost'],
    ['localhost', 'evil.example'],
    ['evil.example', 'localhost'],
  ])('%s and %s are a broken request', (...hosts) => {
    const { guard, refused } = guardOn('127.0.0.1');
    expect(hostRefusal(guard, { host: hosts[0] }, raw(...hosts))).toMatchObject({ status: 400 });
    expect(refused).toHaveLength(1);
  });

  test('one is judged by its name, and HTTP/2 has it in :authority', () => {
    const { guard } = guardOn('127.0.0.1');
    expect(hostRefusal(guard, { host: 'localhost' }, raw('localhost'))).toBeUndefined();
    expect(hostRefusal(guard, { host: 'evil.example' }, raw('evil.example'))).toMatchObject({ status: 403 });
    expect(hostRefusal(guard, { ':authority': 'localhost' })).toBeUndefined();
    expect(hostRefusal(guard, { ':authority': 'localhost', host: 'localhost' })).toBeUndefined();
    expect(hostRefusal(guard, { ':authority': 'evil.example' })).toMatchObject({ status: 403 });
    expect(hostRefusal(guard, { ':authority': 'localhost', host: 'evil.example' })).toMatchObject({ status: 400 });
  });
});

test('a name is new once, and of a flood of names only the first ones are', () => {
  const { guard, refused } = guardOn('127.0.0.1');
  for (let i = 0; i < 1000; i++) guard.refusal(`n${i % 500}.example`);
  expect(refused).toHaveLength(1000);
  expect(refused.filter((one) => one.isFirst)).toHaveLength(64);
});

test('the words show no more than a part of a name, and nothing that a terminal obeys', () => {
  const { guard } = guardOn('127.0.0.1');
  const words = guard.refusal(`\u001b[31m${'x'.repeat(5000)}`)!;
  expect(words.length).toBeLessThan(300);
  expect(words).not.toContain('\u001b');
});

test('what can be allowed', () => {
  for (const good of ['*', 'a', 'a.b-c.example', '*.example', '10.0.0.1', '[::1]', 'my_box']) {
    expect(isHostPattern(good), good).toBe(true);
  }
  for (const bad of ['', 'http://a', 'a:80', 'a.*', '*a', 'a b', '-a', '.a', 'a/']) {
    expect(isHostPattern(bad), bad).toBe(false);
  }
});
