import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Started, sleep, start } from './processes.ts';

/** A real Prometheus that takes samples by remote write. */

const BINARY = fileURLToPath(new URL('../.work/prometheus/prometheus', import.meta.url));
const MODULE = 'github.com/prometheus/prometheus/cmd/prometheus@v0.316.0';

/** BENCH_PROMETHEUS names another program than the one that is built here, which needs Go and about 8 minutes. */
export function prometheusBinary(): string {
  const given = process.env.BENCH_PROMETHEUS;
  if (given !== undefined) return given;
  if (!existsSync(BINARY)) {
    console.error(`bench: building ${MODULE} …`);
    const env = { ...process.env, GOBIN: fileURLToPath(new URL('../.work/prometheus', import.meta.url)) };
    execFileSync('go', ['install', MODULE], { env, stdio: 'inherit' });
  }
  return BINARY;
}

export interface RunningPrometheus {
  readonly url: string;
  readonly pid: number;
  write(series: readonly WrittenSeries[]): Promise<void>;
  stop(): Promise<void>;
}

export interface WrittenSeries {
  /** Sorted by name, with `__name__`. */
  readonly labels: readonly (readonly [string, string])[];
  readonly timesMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export async function startPrometheus(port: number): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-bench-'));
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'global: {}\n');
  const process = start(prometheusBinary(), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.enable-remote-write-receiver',
    `--web.listen-address=127.0.0.1:${port}`,
    '--query.max-samples=500000000',
    '--query.timeout=10m',
    '--log.level=warn',
  ]);
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    const isReady = await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) break;
    if (i > 300) throw new Error(`prometheus is not ready\n${process.output()}`);
    await sleep(200);
  }
  return { url, pid: process.pid, write: (series) => write(url, series), stop: () => stop(process, folder) };
}

async function stop(process: Started, folder: string): Promise<void> {
  await process.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function write(url: string, series: readonly WrittenSeries[]): Promise<void> {
  const response = await fetch(`${url}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: literalSnappy(writeRequest(series)),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`remote write: ${response.status} ${text}`);
}

/** prometheus.WriteRequest: timeseries = 1 { labels = 1 { name = 1, value = 2 }, samples = 2 { value = 1, timestamp = 2 } }. */
function writeRequest(series: readonly WrittenSeries[]): Buffer {
  return Buffer.concat(
    series.map(({ labels, timesMs, values }) => {
      const parts = labels.map(([name, value]) =>
        message(1, Buffer.concat([message(1, Buffer.from(name)), message(2, Buffer.from(value))])),
      );
      const samples = Buffer.alloc(timesMs.length * 19);
      let at = 0;
      for (let i = 0; i < timesMs.length; i++) {
        const sizeAt = at + 1;
        samples[at] = 0x12;
        at += 2;
        samples[at++] = 0x09;
        at = samples.writeDoubleLE(values[i]!, at);
        samples[at++] = 0x10;
        at = writeVarint(samples, at, timesMs[i]!);
        samples[sizeAt] = at - sizeAt - 1;
      }
      return message(1, Buffer.concat([...parts, samples.subarray(0, at)]));
    }),
  );
}

function message(field: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head[0] = (field << 3) | 2;
  return Buffer.concat([head.subarray(0, writeVarint(head, 1, bytes.length)), bytes]);
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value;
  let place = at;
  while (rest >= 128) {
    target[place++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  target[place++] = rest;
  return place;
}

/** Snappy's block format with literals only. */
function literalSnappy(bytes: Buffer): Buffer<ArrayBuffer> {
  const parts: Buffer[] = [];
  const head = Buffer.alloc(10);
  parts.push(head.subarray(0, writeVarint(head, 0, bytes.length)));
  for (let from = 0; from < bytes.length; from += 65_536) {
    const literal = bytes.subarray(from, from + 65_536);
    const tag = Buffer.alloc(3);
    // A literal whose length takes two bytes.
    tag[0] = 61 << 2;
    tag.writeUInt16LE(literal.length - 1, 1);
    parts.push(tag, literal);
  }
  return Buffer.concat(parts);
}
