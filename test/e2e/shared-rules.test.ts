import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStoreAccess } from '#base/store-access.ts';
import { eventually, freePorts } from '#base/testing.ts';
import { type Scratch, scratchFolder } from '../lib/cli.ts';
import { getJson } from './ask.ts';

/**
 * Two servers, processes of their own, over one engine: they share the groups of rules and one tells the receiver. Then the one that tells is killed, and later
 * one is stopped for a while and goes on (SIGSTOP, SIGCONT).
 */

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const GROUPS = Array.from({ length: 8 }, (_, at) => `group-${at}`);
const WAIT_MS = 180_000;

const RULES = `groups:
${GROUPS.map(
  (name) => `- name: ${name}
  interval: 2s
  rules:
  - {record: shared, expr: vector(1), labels: {group: ${name}}}
  - {alert: Shared, expr: 'vector(1)', labels: {group: ${name}}}`,
).join('\n')}
`;

class Process {
  readonly child: ChildProcess;
  text = '';
  readonly ended: Promise<unknown>;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.ended = once(this.child, 'exit');
    for (const stream of [this.child.stdout, this.child.stderr])
      stream!.on('data', (data: Buffer) => (this.text += data.toString()));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}

interface Webhook {
  readonly status: string;
  readonly groupKey: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

let scratch: Scratch;
let engine: Process;
let query: (sql: string) => Promise<string>;
let startServer: (name: string) => Promise<Process & { readonly url: string }>;
const told: string[] = [];
const receiver = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += String(piece);
  const { status, alerts } = JSON.parse(text) as Webhook;
  told.push(...alerts.map(({ labels }) => `${status} ${labels.alertname} ${labels.group ?? ''}`.trim()));
  response.end();
});

const servers: (Process & { readonly url: string })[] = [];

beforeAll(async () => {
  scratch = scratchFolder();
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const rules = scratch.file('rules.yml', RULES);
  const config = scratch.file(
    'alertmanager.yml',
    `route: {receiver: hook, group_by: [alertname, group], group_wait: 1s, group_interval: 2s, repeat_interval: 4h}
receivers:
- name: hook
  webhook_configs: [{url: 'http://127.0.0.1:${(receiver.address() as AddressInfo).port}/', send_resolved: false}]
`,
  );
  const data = join(scratch.path, 'engine');
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  engine = new Process(['engine', '--data', data, '--engine-address', address]);
  const access = await eventually('the engine', async () => {
    const { signalbox } = openStoreAccess(join(data, 'engine'));
    const answered = await fetch(`http://${address}/ping`).catch(() => undefined);
    return answered?.ok ? signalbox : undefined;
  });
  const headers = { 'X-ClickHouse-User': access.username, 'X-ClickHouse-Key': access.password };
  query = async (sql) => {
    const response = await fetch(`http://${address}/?database=signalbox`, { method: 'POST', body: sql, headers });
    const answer = (await response.text()).trim();
    if (!response.ok) throw new Error(answer);
    return answer;
  };
  startServer = async (name) => {
    const [own] = await freePorts(1);
    const server = new Process(
      [
        ...['server', '--data', join(scratch.path, name), '--store-url', `http://${address}`],
        ...['--http-address', `127.0.0.1:${own}`, '--rules', rules, '--alertmanager-config', config],
      ],
      { SIGNALBOX_STORE_USERNAME: access.username, SIGNALBOX_STORE_PASSWORD: access.password },
    );
    const started = Object.assign(server, { url: `http://127.0.0.1:${own}` });
    servers.push(started);
    await eventually(
      `server ${name}`,
      async () => (await fetch(`${started.url}/-/ready`).catch(() => undefined)) !== undefined || undefined,
      WAIT_MS,
    );
    return started;
  };
}, 240_000);
afterAll(async () => {
  for (const { child } of [...servers, engine]) if (child.exitCode === null) child.kill('SIGKILL');
  receiver.close();
  scratch?.remove();
});

interface Vector {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

interface Rules {
  readonly data: { readonly groups: readonly { readonly name: string; readonly lastEvaluation: string }[] };
}

/** All groups as a server shows them were evaluated after a time. */
async function evaluatedAfter(url: string, timeMs: number): Promise<void> {
  await eventually(
    'all groups',
    async () => {
      const { data } = await getJson<Rules>(`${url}/prometheus/api/v1/rules`);
      const late = data.groups.filter(({ lastEvaluation }) => Date.parse(lastEvaluation) > timeMs);
      return late.length === GROUPS.length || undefined;
    },
    WAIT_MS,
  );
}

/** Samples of each group in the store after a time. */
async function storedAfter(timeMs: number): Promise<void> {
  await eventually(
    'samples of all groups',
    async () => {
      const found = await query(
        `SELECT uniqExact(series_id) FROM metric_points WHERE name = 'shared' AND time > fromUnixTimestamp64Milli(${timeMs})`,
      );
      return Number(found) === GROUPS.length || undefined;
    },
    WAIT_MS,
  );
}

const tell = async (url: string, alertname: string): Promise<void> => {
  const response = await fetch(`${url}/alertmanager/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ labels: { alertname } }]),
  });
  expect(response.status).toBe(200);
};
const isTold = async (line: string): Promise<void> => {
  await eventually(line, async () => told.includes(line) || undefined, WAIT_MS);
};
/** What was told is noted: who is killed before that leaves it to the next one to tell again. */
async function noted(): Promise<void> {
  const notes = "SELECT uniqExact(key) FROM documents WHERE kind = 'notification' AND NOT is_deleted";
  await eventually(
    'the notes of what was told',
    async () => Number(await query(notes)) === new Set(told).size || undefined,
    WAIT_MS,
  );
}
const TELLS = 'this server tells the receivers';
const LEFT_OUT = 'joins again';

describe('two servers on one store', () => {
  test('share the groups: all are evaluated, both show all, one tells of each alert once', async () => {
    const [one, other] = await Promise.all([startServer('one'), startServer('other')]);
    const nowMs = Date.now();
    for (const { url } of [one, other]) await evaluatedAfter(url, nowMs);
    for (const group of GROUPS) await isTold(`firing Shared ${group}`);
    // Each evaluates some of the groups, and says so of them alone.
    await eventually(
      'the metrics of both servers',
      async () => {
        const query = 'count by (instance) (signalbox_rule_group_interval_seconds{job="signalbox"})';
        const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
        const { data } = await getJson<Vector>(one.url + path);
        const counts = data.result.map(({ value }) => Number(value[1]));
        return (counts.length === 2 && counts[0]! + counts[1]! === GROUPS.length) || undefined;
      },
      WAIT_MS,
    );
    // What comes to either of them is told, too.
    await tell(one.url, 'ByOne');
    await tell(other.url, 'ByOther');
    await isTold('firing ByOne');
    await isTold('firing ByOther');
  }, 400_000);

  test('the one that tells is killed: the other goes on with all, and repeats nothing', async () => {
    const [one, other] = servers as [Process & { url: string }, Process & { url: string }];
    const [killed, left] = one.text.includes(TELLS) ? [one, other] : [other, one];
    await noted();
    await killed.end('SIGKILL');
    const killedMs = Date.now();
    await evaluatedAfter(left.url, killedMs);
    await storedAfter(killedMs);
    await tell(left.url, 'AfterKill');
    await isTold('firing AfterKill');
  }, 400_000);

  test('one that was stopped and goes on is another one: what was its own is told and written once', async () => {
    const left = servers.find(({ child }) => child.signalCode === null)!;
    const back = await startServer('back');
    await evaluatedAfter(back.url, Date.now());
    await evaluatedAfter(left.url, Date.now());
    await noted();
    left.child.kill('SIGSTOP');
    const stoppedMs = Date.now();
    await eventually('the one that is left', async () => back.text.includes('is gone') || undefined, WAIT_MS);
    await storedAfter(stoppedMs);
    await evaluatedAfter(back.url, stoppedMs);
    await tell(back.url, 'WhileStopped');
    await isTold('firing WhileStopped');
    left.child.kill('SIGCONT');
    await eventually('the one that was stopped', async () => left.text.includes(LEFT_OUT) || undefined, WAIT_MS);
    const continuedMs = Date.now();
    for (const { url } of [left, back]) await evaluatedAfter(url, continuedMs);
    await tell(left.url, 'AfterAll');
    await isTold('firing AfterAll');
    await storedAfter(Date.now());
    // A series has one sample a time, whoever was at work.
    const twice = await query(
      `SELECT name, time, count() AS n FROM metric_points WHERE name IN ('shared', 'ALERTS', 'ALERTS_FOR_STATE') GROUP BY name, series_id, time HAVING n > 1`,
    );
    expect(twice).toBe('');
    expect(told.toSorted()).toEqual([...new Set(told)].toSorted());
  }, 600_000);
});
