import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '#base/testing.ts';
import type { Signal } from '#pdata';
import { decodeStatus, PROTO } from '../../lib/otlp.ts';
import { type CompareCase, type CompareSuite, caseId, caseIndexIn, configurationOf, type Outcome } from './cases.ts';
import { addTraceIds, bytesOf, outcomeOf } from './outcome.ts';

/** Pipelines of one process: each has a port, a receiver and an exporter of its own. */
const CASES_AT_ONCE = 250;
const START_LIMIT_MS = 60_000;
/** Some inputs make it wait for ever. */
const ANSWER_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 20_000;
/** Nothing more comes once nothing came for so long. */
const QUIET_MS = 1500;
const MESSAGE_LIMIT = 400;
const LOG_LIMIT = 100_000;

/** Runs the cases through an otelcol. Outcomes by index. */
export async function runReal(
  binary: string,
  { cases, casesAtOnce = CASES_AT_ONCE, featureGates = [] }: CompareSuite,
): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  for (let from = 0; from < cases.length; from += casesAtOnce) {
    const some = new Map([...cases.entries()].slice(from, from + casesAtOnce));
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-compare-'));
    const run = new RealRun(binary, some, folder, featureGates);
    try {
      for (const [index, outcome] of await run.run()) outcomes.set(index, outcome);
    } finally {
      await run.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return outcomes;
}

class RealRun {
  readonly #binary: string;
  readonly #left: Map<number, CompareCase>;
  readonly #folder: string;
  readonly #gates: readonly string[];
  readonly #outcomes = new Map<number, Outcome>();
  readonly #outputs = new Map<number, Uint8Array[]>();
  readonly #ports = new Map<number, number>();
  #sink: Server | undefined;
  #lastArrivalMs = 0;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(binary: string, cases: Map<number, CompareCase>, folder: string, gates: readonly string[]) {
    this.#binary = binary;
    this.#left = new Map(cases);
    this.#folder = folder;
    this.#gates = gates.length === 0 ? [] : [`--feature-gates=${gates.join(',')}`];
  }

  async run(): Promise<Map<number, Outcome>> {
    this.#sink = await this.#startSink();
    await this.#takePorts();
    await this.#dropRefused(() => this.#validate());
    // Some rules are looked at when the component starts.
    await this.#dropRefused(() => this.#start());
    if (this.#left.size === 0) return this.#outcomes;
    const failures = new Map<number, string>();
    for (const [index, one] of this.#left) {
      for (const request of one.input) {
        const failure = await this.#send(this.#url(index, one.signal), bytesOf(one.signal, request));
        if (failure !== undefined) failures.set(index, failure);
      }
    }
    await this.#settle();
    const before = new Map([...this.#outputs].map(([index, { length }]) => [index, length]));
    await this.#stop();
    for (const [index, one] of this.#left) {
      const file = one.reads === 'file' ? readFileSync(this.#fileOf(index), 'utf8') : '';
      const all = this.#outputs.get(index) ?? [];
      const output = one.beforeStop === true ? all.slice(0, before.get(index) ?? 0) : all;
      const traceIds = new Set<string>();
      if (one.reads === 'traces') for (const bytes of output) addTraceIds(bytes, traceIds);
      const ran = { output, traceIds, failed: failures.get(index), file };
      this.#outcomes.set(index, outcomeOf(one, ran));
    }
    return this.#outcomes;
  }

  async #takePorts(): Promise<void> {
    const ports = await freePorts(this.#left.size);
    for (const [i, index] of [...this.#left.keys()].entries()) this.#ports.set(index, ports[i]!);
  }

  async close(): Promise<void> {
    await this.#stop();
    this.#sink?.closeAllConnections();
    this.#sink?.close();
  }

  /** Resolves to the error, if that was the answer. */
  async #send(url: string, bytes: Uint8Array): Promise<string | undefined> {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: bytes as NonNullable<RequestInit['body']>,
        headers: PROTO,
        signal,
      });
      const body = new Uint8Array(await response.arrayBuffer());
      return response.status === 200 ? undefined : decodeStatus(body).message;
    } catch (error) {
      if (!signal.aborted) throw error;
      return 'no answer';
    }
  }

  #url(index: number, signal: Signal): string {
    return `http://127.0.0.1:${this.#ports.get(index)}/v1/${signal}`;
  }

  #fileOf(index: number): string {
    return join(this.#folder, `${caseId(index)}.txt`);
  }

  get #configFile(): string {
    return join(this.#folder, 'config.yaml');
  }

  #writeConfig(): void {
    const sinkPort = (this.#sink!.address() as AddressInfo).port;
    const ends = {
      receiver: (index: number): [string, unknown] => [
        `otlp/${caseId(index)}`,
        { protocols: { http: { endpoint: `127.0.0.1:${this.#ports.get(index)}` } } },
      ],
      exporter: (index: number): [string, unknown] => [
        `otlp_http/${caseId(index)}`,
        {
          endpoint: `http://127.0.0.1:${sinkPort}/${index}`,
          compression: 'none',
          sending_queue: { enabled: false },
          retry_on_failure: { enabled: false },
        },
      ],
    };
    const config = configurationOf(this.#left, ends, (index) => this.#fileOf(index));
    writeFileSync(this.#configFile, JSON.stringify(config));
  }

  /** Cases whose components `validate` refuses are through, and those that can't be started; the others run. */
  async #dropRefused(check: () => Promise<string | undefined>): Promise<void> {
    for (;;) {
      if (this.#left.size === 0) return;
      this.#writeConfig();
      const complaint = await check();
      if (complaint === undefined) return;
      // Something else was quicker.
      if (complaint.includes('address already in use')) {
        await this.#takePorts();
        continue;
      }
      const parts = complaint.split(/\n(?=.*\/c\d+\b)/).filter((part) => caseIndexIn(part) !== undefined);
      // Some messages name no component: suites with such ones run one case at a time.
      const [alone] = this.#left.size === 1 ? [...this.#left.keys()] : [];
      if (parts.length === 0 && alone !== undefined) parts.push(`/${caseId(alone)} ${complaint.trim()}`);
      if (parts.length === 0) throw new Error(`otelcol refuses what belongs to no case:\n${complaint.slice(0, 2000)}`);
      for (const part of parts) {
        const index = caseIndexIn(part)!;
        const text = part.replaceAll(`/${caseId(index)}`, '').trim();
        if (!this.#outcomes.has(index)) this.#outcomes.set(index, { refused: text.slice(0, MESSAGE_LIMIT) });
        this.#left.delete(index);
      }
    }
  }

  #validate(): Promise<string | undefined> {
    return new Promise((resolve) => {
      execFile(this.#binary, ['validate', '--config', this.#configFile, ...this.#gates], (error, stdout, stderr) => {
        resolve(error === null ? undefined : `${stderr}${stdout}` || String(error));
      });
    });
  }

  /** Resolves to why it ended, if it did. */
  async #start(): Promise<string | undefined> {
    this.#log = '';
    const args = ['--config', this.#configFile, ...this.#gates];
    const child = spawn(this.#binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.on('data', (data: Buffer) => {
      this.#log = (this.#log + data.toString()).slice(-LOG_LIMIT);
    });
    const untilMs = performance.now() + START_LIMIT_MS;
    while (!this.#log.includes('Everything is ready')) {
      if (child.exitCode !== null) return this.#log.slice(this.#log.lastIndexOf('\nError: '));
      if (performance.now() > untilMs) throw new Error(`otelcol did not start:\n${this.#log.slice(-3000)}`);
      await pause(50);
    }
    return undefined;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }

  async #settle(): Promise<void> {
    const waitMs = Math.max(0, ...[...this.#left.values()].map((one) => one.waitMs ?? 0));
    if (waitMs === 0) return;
    await pause(waitMs);
    while (performance.now() - this.#lastArrivalMs < QUIET_MS) await pause(100);
  }

  async #startSink(): Promise<Server> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const index = Number(/^\/(\d+)\/v1\/\w+$/.exec(request.url!)![1]);
        this.#outputs.set(index, [...(this.#outputs.get(index) ?? []), new Uint8Array(Buffer.concat(parts))]);
        this.#lastArrivalMs = performance.now();
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
