import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexAt, ManualClock, messageOf } from '#base';
import { Collector, planCollector } from '#collector';
import {
  ComponentRegistry,
  type Consumer,
  componentSource,
  type ExporterFactory,
  type Factory,
  type ReceiverFactory,
} from '#component';
import { loadConfig, strictObject } from '#config';
import { Batch, type Signal, type SpanChunk } from '#pdata';
import { decodeOtlp, encodeOtlp } from '#wire';
import { components } from '../../../src/main/components.ts';
import { type CompareCase, caseId, caseIndexIn, configurationOf, type Outcome } from './cases.ts';
import { bytesOf, outcomeOf } from './outcome.ts';

const ALL = { traces: 'stable', metrics: 'stable', logs: 'stable' } as const;

/** Both ends of the pipelines: what is sent goes in as bytes, and what comes out is kept as bytes, as on a wire. */
class Ends {
  readonly inputs: Map<string, Partial<Record<Signal, Consumer>>> = new Map();
  readonly outputs: Map<string, Uint8Array[]> = new Map();
  /** Of spans, in place of the bytes, for cases that compare nothing else. */
  readonly traceIds: Map<string, Set<string>> = new Map();

  registry(): ComponentRegistry {
    const life = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() };
    const receiver: ReceiverFactory<object> = {
      kind: 'receiver',
      type: 'compare_in',
      description: 'takes what a case sends',
      schema: strictObject({}),
      stability: ALL,
      create: (settings, _config, next) => {
        this.inputs.set(settings.id, next);
        return life;
      },
    };
    const exporter: ExporterFactory<object> = {
      kind: 'exporter',
      type: 'compare_out',
      description: 'keeps what a case gives',
      schema: strictObject({}),
      stability: ALL,
      create: (settings) => {
        const kept: Uint8Array[] = [];
        this.outputs.set(settings.id, kept);
        return {
          ...life,
          mutatesData: false,
          consume: async (batch: Batch) => {
            const traceIds = this.traceIds.get(settings.id);
            if (traceIds === undefined) kept.push(encodeOtlp(batch));
            else addTraceIdsOf(batch, traceIds);
          },
        };
      },
    };
    return new ComponentRegistry([
      ...components.sources,
      componentSource(receiver as unknown as Factory),
      componentSource(exporter as unknown as Factory),
    ]);
  }
}

function addTraceIdsOf(batch: Batch, into: Set<string>): void {
  for (const chunk of batch.chunks as readonly SpanChunk[]) {
    for (let i = 0; i < chunk.count; i++) into.add(hexAt(chunk.arena, chunk.columns.traceIdAt[chunk.rowAt(i)]!, 16));
  }
}

/** Runs the cases through our own components, all of them in one collector in simulated time. Outcomes by index. */
export async function runOurs(cases: readonly CompareCase[]): Promise<Map<number, Outcome>> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-compare-'));
  try {
    return await new OurRun(cases, folder).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class OurRun {
  readonly #ends = new Ends();
  readonly #outcomes = new Map<number, Outcome>();
  readonly #left: Map<number, CompareCase>;
  readonly #folder: string;

  constructor(cases: readonly CompareCase[], folder: string) {
    this.#left = new Map(cases.entries());
    this.#folder = folder;
  }

  async run(): Promise<Map<number, Outcome>> {
    const registry = this.#ends.registry();
    const load = () =>
      loadConfig({
        uris: ['cases.yaml'],
        environment: {
          env: {},
          readFile: () => Promise.resolve(new TextEncoder().encode(this.#yaml())),
          fetchText: () => Promise.reject(new Error('no network')),
        },
      });
    await this.#dropRefused(async () => (await planCollector((await load()).root, registry)).errors);
    const options = { registry, load, version: 'compare', stateDir: this.#folder, logSink: () => undefined };
    let clock = new ManualClock();
    let collector = new Collector({ ...options, clock });
    // Some rules know the signal of the pipeline, and are looked at when the component is made.
    await this.#dropRefused(async () => {
      clock = new ManualClock();
      collector = new Collector({ ...options, clock });
      return collector.start().then(
        () => [],
        (error: Error) => [error],
      );
    });
    if (this.#left.size === 0) return this.#outcomes;
    for (const [index, { reads }] of this.#left) {
      if (reads === 'traces') this.#ends.traceIds.set(`compare_out/${caseId(index)}`, new Set());
    }
    const failures = new Map<number, string>();
    for (const [index, one] of this.#left) {
      const consumer = this.#ends.inputs.get(`compare_in/${caseId(index)}`)![one.signal]!;
      for (const request of one.input) {
        const { chunk } = decodeOtlp(one.signal, bytesOf(one.signal, request).slice());
        try {
          await consumer.consume(new Batch(one.signal, [chunk], one.hasSender ? { peer: '127.0.0.1:1' } : {}));
        } catch (error) {
          failures.set(index, messageOf(error));
        }
      }
    }
    const waitMs = Math.max(0, ...[...this.#left.values()].map((one) => one.waitMs ?? 0));
    if (waitMs > 0) await clock.advance(waitMs);
    const before = new Map([...this.#ends.outputs].map(([id, { length }]) => [id, length]));
    await collector.shutdown();
    for (const [index, one] of this.#left) {
      const all = this.#ends.outputs.get(`compare_out/${caseId(index)}`) ?? [];
      const output = one.beforeStop === true ? all.slice(0, before.get(`compare_out/${caseId(index)}`)) : all;
      const traceIds = this.#ends.traceIds.get(`compare_out/${caseId(index)}`) ?? new Set();
      const file = one.reads === 'file' ? readFileSync(this.#fileOf(index), 'utf8') : '';
      this.#outcomes.set(index, outcomeOf(one, { output, traceIds, failed: failures.get(index), file }));
    }
    return this.#outcomes;
  }

  #fileOf(index: number): string {
    return join(this.#folder, `${caseId(index)}.txt`);
  }

  #yaml(): string {
    const ends = {
      receiver: (index: number): [string, unknown] => [`compare_in/${caseId(index)}`, null],
      exporter: (index: number): [string, unknown] => [`compare_out/${caseId(index)}`, null],
    };
    return JSON.stringify(configurationOf(this.#left, ends, (index) => this.#fileOf(index)));
  }

  /** Cases whose configuration is refused are through; the others run. */
  async #dropRefused(check: () => Promise<readonly Error[]>): Promise<void> {
    for (;;) {
      if (this.#left.size === 0) return;
      const errors = await check();
      if (errors.length === 0) return;
      for (const { message } of errors) {
        const index = caseIndexIn(message);
        if (index === undefined) throw new Error(`a mistake that belongs to no case: ${message}`);
        if (!this.#outcomes.has(index))
          this.#outcomes.set(index, { refused: message.replaceAll(`/${caseId(index)}`, '') });
        this.#left.delete(index);
      }
    }
  }
}
