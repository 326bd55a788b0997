import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, freePorts, pace } from '#base/testing.ts';
import { type Scratch, scratchFolder } from '../lib/cli.ts';
import { newTraceId, send, tracesRequest } from '../lib/otlp.ts';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const DESCRIPTORS = 64;
const IDLE_CONNECTIONS = 80;

let scratch: Scratch;
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(() => scratch.remove());

test.runIf(process.platform === 'linux')(
  'a collector without a free descriptor lives, says so, and answers again',
  { timeout: 120_000 },
  async () => {
    const [port, metricsPort] = (await freePorts(2)) as [number, number];
    const config = scratch.file(
      'config.yaml',
      `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
processors: {memory_limiter: {check_interval: 50ms, limit_mib: 1000}}
exporters: {debug: }
service:
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${metricsPort}}}}}]}}
  pipelines: {traces: {receivers: [otlp], processors: [memory_limiter], exporters: [debug]}}
`,
    );
    const command = `ulimit -n ${DESCRIPTORS}; exec "$0" "$1" collector --config "$2" --data "$3"`;
    const args = ['-c', command, process.execPath, CLI, config, `${scratch.path}/data`];
    const child = spawn('bash', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    const sockets: Socket[] = [];
    try {
      const sendOne = async (): Promise<true> => {
        await send(`http://127.0.0.1:${port}`, 'traces', tracesRequest('few', [{ traceId: newTraceId() }]));
        return true;
      };
      await eventually('it is ready', async () => output.includes('Everything is ready'));
      expect(output).toContain(`only ${DESCRIPTORS} files and connections may be open at a time`);
      await sendOne();
      for (let i = 0; i < IDLE_CONNECTIONS; i++) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        sockets.push(socket);
      }
      // Long enough for the memory limiter and its kind to look many times.
      await pace(2_000);
      expect(child.exitCode, output).toBeNull();
      for (const socket of sockets.splice(0)) socket.destroy();
      await eventually('it answers again', sendOne);
      const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      expect(metrics).toContain('otelcol_process_memory_rss');
      expect(child.exitCode, output).toBeNull();
    } finally {
      for (const socket of sockets) socket.destroy();
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        const cut = setTimeout(() => child.kill('SIGKILL'), 20_000);
        await exited;
        clearTimeout(cut);
      }
    }
  },
);
