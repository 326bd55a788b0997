import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '#base/testing.ts';
import { RoleFailure } from './child.ts';
import { Supervisor } from './supervisor.ts';

const ENTRY = join(import.meta.dirname, 'testdata/role.mjs');
let folder = '';
let log = '';
let said: string[] = [];
let running: Supervisor | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-supervisor-'));
  log = join(folder, 'log');
  writeFileSync(log, '');
  said = [];
});
afterEach(async () => {
  running?.kill();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function supervisor(roles: Readonly<Record<string, string>>): Supervisor {
  running = new Supervisor({
    roles: Object.entries(roles).map(([role, behaviour]) => ({ role, args: [log, behaviour], entry: ENTRY })),
    env: process.env,
    // On a machine with much to do the roles don't start at the same time.
    otherFailuresMs: 30_000,
    say: (line) => said.push(line),
  });
  return running;
}

const events = (): string[] => readFileSync(log, 'utf8').trim().split('\n');

describe('the supervisor', () => {
  test('starts all at once and stops one after the other', async () => {
    const all = supervisor({ collector: '', server: '', engine: '' });
    const info = await all.start();
    expect([...info]).toEqual([
      ['collector', { address: 'of collector' }],
      ['server', { address: 'of server' }],
      ['engine', { address: 'of engine' }],
    ]);
    await all.stop();
    expect(events().filter((event) => event.endsWith('stop'))).toEqual([
      'collector stop',
      'server stop',
      'engine stop',
    ]);
    expect(said).toEqual([]);
  });

  test('starts a role again when it is killed', async () => {
    const all = supervisor({ collector: '', engine: '' });
    await all.start();
    const before = all.pids().engine!;
    process.kill(before, 'SIGKILL');
    await eventually('the second start', () => said.includes('the engine is back'));
    expect(said).toEqual(['the engine ended by SIGKILL, starting it again', 'the engine is back']);
    expect(all.pids().engine).not.toBe(before);
    expect(all.pids().collector).toBeDefined();
    await all.stop();
  });

  test('tells the collector how often each role was started again, and one that is new the totals', async () => {
    const all = supervisor({ collector: '', engine: '' });
    await all.start();
    await eventually('the first counts', () => events().includes('collector restarts {"collector":0,"engine":0}'));
    process.kill(all.pids().engine!, 'SIGKILL');
    await eventually('the count', () => events().includes('collector restarts {"collector":0,"engine":1}'));
    process.kill(all.pids().collector!, 'SIGKILL');
    await eventually('the totals', () => events().includes('collector restarts {"collector":1,"engine":1}'));
    await all.stop();
  });

  test('keeps trying when a role dies right after its start', async () => {
    const all = supervisor({ server: 'fails-once' });
    await all.start();
    await eventually('the second start', () => said.includes('the server is back'));
    expect(said[0]).toBe('the server ended with code 3, starting it again');
    await all.stop();
  });

  test('a role that cannot start at first stops the others, and says why', async () => {
    const all = supervisor({ collector: '', server: 'fails', engine: 'fails' });
    const failure = await all.start().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RoleFailure);
    expect((failure as RoleFailure).lines).toEqual([
      'engine is broken',
      '  repair it',
      'server is broken',
      '  repair it',
    ]);
    for (const pid of Object.values(all.pids())) expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });

  test('kills a role that does not stop in time', async () => {
    const all = supervisor({ collector: 'stubborn', engine: '' });
    await all.start();
    await all.stop(3000);
    expect(events()).toContain('collector ignores stop');
    expect(said).toEqual(['the collector did not stop within 3 s and is killed']);
    expect(events().at(-1)).toBe('engine stop');
  });

  test('passes SIGHUP on', async () => {
    const all = supervisor({ collector: '' });
    await all.start();
    all.signal('collector', 'SIGHUP');
    await eventually('the reload', () => events().includes('collector reload'));
    await all.stop();
  });

  // Eleven seconds and the start of two processes, for all at the same time; slow machines get more.
  test('a role that never ends is gone soon after its supervisor, whatever it hangs in', async () => {
    await Promise.all(['waits', 'blocked', 'start'].map(endsAfterItsParent));
  });

  async function endsAfterItsParent(how: string): Promise<void> {
    const script = join(folder, `${how}.mjs`);
    const ownLog = join(folder, `${how}.log`);
    writeFileSync(ownLog, '');
    const args = JSON.stringify([join(import.meta.dirname, 'testdata/stuck-role.ts'), [ownLog, how]]);
    writeFileSync(
      script,
      `import { fork } from 'node:child_process';
const child = fork(...${args});
process.send(child.pid);
child.on('message', () => child.send({ type: 'stop' }));\n`,
    );
    const parent = fork(script, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [pid] = (await once(parent, 'message')) as [number];
    const word = how === 'start' ? 'starting' : 'stopping';
    await eventually(`the ${how}`, () => readFileSync(ownLog, 'utf8').trim().split('\n').includes(word));
    parent.kill('SIGKILL');
    const isThere = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await eventually(`the end of the role (${how})`, () => !isThere(), 45_000);
  }

  test('children end with a supervisor that was killed', async () => {
    const script = join(folder, 'parent.mjs');
    const child = JSON.stringify([ENTRY, ['engine', log, '']]);
    writeFileSync(
      script,
      `import { fork } from 'node:child_process';\nfork(...${child}).on('message', () => process.send('up'));\n`,
    );
    const parent = fork(script, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(parent, 'message');
    parent.kill('SIGKILL');
    await eventually('the end of the child', () => events().includes('engine orphaned'));
  });
});
