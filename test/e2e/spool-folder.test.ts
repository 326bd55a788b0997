import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, freePorts } from '#base/testing.ts';
import { encodeReference } from '../../src/wire/testing/otlp-reference.ts';
import { type RunningCollector, type Scratch, scratchFolder, startCollector } from '../lib/cli.ts';
import { post, tracesRequest } from '../lib/otlp.ts';

/** The folder of the spool goes away while the collector runs. */

let scratch: Scratch;
let collector: RunningCollector | undefined;
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  scratch.remove();
});

test('is made again; while nothing can be accepted, senders and health checks are told, and the collector lives', async () => {
  const [http, health] = (await freePorts(2)) as [number, number];
  const spool = join(scratch.path, 'spool');
  // Nothing listens on port 1, so that what was taken stays in the spool.
  const config = scratch.file(
    'config.yaml',
    `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${http}"}}}}
exporters: {signalbox: {endpoint: "http://127.0.0.1:1", spool: {directory: "${spool}", segment_age: 1h}}}
extensions: {health_check: {endpoint: "127.0.0.1:${health}"}}
service:
  extensions: [health_check]
  telemetry: {metrics: {readers: []}}
  pipelines: {traces: {receivers: [otlp], exporters: [signalbox]}}
`,
  );
  collector = await startCollector(config, ['--data', scratch.path]);
  const { output } = collector;
  const body = encodeReference('traces', tracesRequest('spool', [{ traceId: '0123456789abcdef0123456789abcdef' }]));
  const statusOfPost = async (): Promise<number> => (await post(`http://127.0.0.1:${http}/v1/traces`, body)).status;
  const statusOfHealth = async (): Promise<number> => (await fetch(`http://127.0.0.1:${health}/`)).status;
  expect(await statusOfPost()).toBe(200);
  expect(await statusOfHealth()).toBe(200);

  rmSync(spool, { recursive: true });
  await eventually('a sender that tries again', async () => (await statusOfPost()) === 200);
  expect(await statusOfHealth()).toBe(200);

  rmSync(spool, { recursive: true });
  writeFileSync(spool, 'in its place');
  for (let attempt = 0; attempt < 3; attempt++) {
    const answer = await post(`http://127.0.0.1:${http}/v1/traces`, body);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    await answer.arrayBuffer();
  }
  expect(await statusOfHealth()).toBe(503);
  expect(output()).toContain('is a file');

  // Nobody sends: it is found out all the same.
  rmSync(spool);
  await eventually('health', async () => (await statusOfHealth()) === 200);
  expect(await statusOfPost()).toBe(200);
  expect(output()).toContain('the spool takes data again');
});
