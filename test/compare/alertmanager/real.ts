import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../../src/base/index.ts';
import { eventually, freePort } from '../../../src/base/testing/index.ts';
import { answerOf, inOrder, type Observed, observedOf, Statuses } from './observed.ts';
import type { Scenario } from './scenarios.ts';

/** What receivers get from a real Alertmanager, in real time. */
export async function runReal(program: string, scenario: Scenario): Promise<Observed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-alertmanager-'));
  const observed: Observed[] = [];
  const statuses = new Statuses(scenario.answers);
  let startMs = 0;
  const sink = createServer((request, response) => {
    const atMs = Date.now();
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url!;
      const { method = '', headers } = request;
      const body = Buffer.concat(parts).toString();
      observed.push(observedOf({ atMs, startMs, method, path, authorization: headers.authorization, body }));
      const answer = answerOf(path);
      response.writeHead(statuses.next(path), { 'content-type': answer.type });
      response.end(answer.body);
    });
  });
  const sinkPort = await listen(sink);
  const templates = join(folder, 'own.tmpl');
  writeFileSync(templates, scenario.templates ?? '');
  const text = scenario.config.replaceAll('SINK', `http://127.0.0.1:${sinkPort}`).replaceAll('TEMPLATES', templates);
  const { child, url } = await startReal(program, folder, text);
  try {
    const api = `${url}/api/v2`;
    // On a whole second, so that times can be told as seconds of the scenario.
    startMs = Math.ceil((Date.now() + 100) / 1000) * 1000;
    await sleep(startMs - Date.now());
    for (const step of scenario.steps) {
      await sleep(Math.max(0, startMs + step.at * 1000 - Date.now()));
      await tell(api, step, startMs);
    }
    await sleep(Math.max(0, startMs + scenario.seconds * 1000 - Date.now()));
    return inOrder(observed);
  } finally {
    await stop(child);
    sink.closeAllConnections();
    sink.close();
  }
}

/** Asks a real Alertmanager with this configuration. */
export async function withReal<T>(program: string, config: string, ask: (url: string) => Promise<T>): Promise<T> {
  const { child, url } = await startReal(program, mkdtempSync(join(tmpdir(), 'signalbox-alertmanager-')), config);
  try {
    return await ask(url);
  } finally {
    await stop(child);
  }
}

async function startReal(
  program: string,
  folder: string,
  config: string,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const port = await freePort();
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, config);
  const child = spawn(program, [
    `--config.file=${file}`,
    `--storage.path=${join(folder, 'data')}`,
    '--cluster.listen-address=',
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.external-url=http://alertmanager.example',
    '--web.route-prefix=/',
    '--log.level=error',
  ]);
  child.stderr.on('data', (text: Buffer) => void process.stderr.write(text));
  const url = `http://127.0.0.1:${port}`;
  await eventually('alertmanager answers', async () => (await fetch(`${url}/api/v2/status`)).ok);
  return { child, url };
}

async function tell(api: string, step: Scenario['steps'][number], startMs: number): Promise<void> {
  const at = (second: number): string => new Date(startMs + second * 1000).toISOString();
  const body =
    'silence' in step
      ? { ...step.silence, startsAt: at(step.at), endsAt: at(step.silence.endsAt), createdBy: 'me', comment: 'c' }
      : step.alerts.map(({ startsAt, endsAt, ...alert }) => ({
          ...alert,
          ...(startsAt !== undefined && { startsAt: at(startsAt) }),
          ...(endsAt !== undefined && { endsAt: at(endsAt) }),
        }));
  const answer = await fetch(`${api}/${'silence' in step ? 'silences' : 'alerts'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`alertmanager: ${answer.status} ${await answer.text()}`);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
}
