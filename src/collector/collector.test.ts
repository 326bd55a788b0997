import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigErrors, ConsumeError } from '#base';
import { sampleBatch } from '#component/testing.ts';
import type { PointChunk } from '#pdata';
import { Collector } from './collector.ts';
import { FakeWorld } from './testing.ts';

/** No port is opened for own metrics. */
const QUIET = 'service:\n  telemetry: {metrics: {readers: []}}\n';
const SIMPLE = `receivers: {nop: }\nexporters: {nop: }\n${QUIET}  pipelines:\n    traces: {receivers: [nop], exporters: [nop]}\n`;

describe('the graph', () => {
  test('starts from the far end and stops from the near one', async () => {
    const world = new FakeWorld();
    const collector = world.collector(
      `receivers: {nop: }\nprocessors: {nop: , nop/b: }\nexporters: {nop: }\nconnectors: {forward: }\n${QUIET}` +
        '  pipelines:\n    traces/in: {receivers: [nop], processors: [nop, nop/b], exporters: [forward]}\n' +
        '    traces/out: {receivers: [forward], processors: [nop], exporters: [nop]}\n',
    );
    await collector.start();
    expect(collector.describe()).toMatchObject({
      ready: true,
      pipelines: [{ id: 'traces/in' }, { id: 'traces/out' }],
    });
    await world.input('nop', 'traces').consume(sampleBatch('traces', 3));
    expect(world.output('nop', 'traces').itemCount).toBe(3);
    await collector.shutdown();
    const starts = [
      'exporter/nop:traces',
      'processor/nop@traces/out',
      'connector/forward:traces>traces',
      'processor/nop/b@traces/in',
      'processor/nop@traces/in',
      'receiver/nop',
    ];
    expect(world.events).toEqual([
      ...starts.map((name) => `start ${name}`),
      ...starts.toReversed().map((name) => `stop ${name}`),
    ]);
    await collector.shutdown();
    expect(world.events).toHaveLength(12);
  });

  test('a receiver in several pipelines: copies for those that change data, every error joined', async () => {
    const world = new FakeWorld();
    const collector = world.collector(
      `receivers: {nop: }\nprocessors: {mutator: }\nexporters: {nop/a: , nop/b: , nop/c: }\n${QUIET}  pipelines:\n` +
        '    traces/a: {receivers: [nop], exporters: [nop/a]}\n' +
        '    traces/b: {receivers: [nop], processors: [mutator], exporters: [nop/b]}\n' +
        '    traces/c: {receivers: [nop], exporters: [nop/c]}\n',
    );
    await collector.start();
    const batch = sampleBatch('traces', 2);
    await world.input('nop', 'traces').consume(batch);
    expect(world.output('nop/a', 'traces').batches[0]).toBe(batch);
    expect(world.output('nop/c', 'traces').batches[0]).toBe(batch);
    expect(world.output('nop/b', 'traces').batches[0]).not.toBe(batch);
    world.output('nop/a', 'traces').before = () => {
      throw new ConsumeError('a is bad', { permanent: true });
    };
    await expect(world.input('nop', 'traces').consume(sampleBatch('traces', 1))).rejects.toMatchObject({
      message: 'a is bad',
      permanent: true,
    });
    world.output('nop/c', 'traces').before = () => {
      throw new ConsumeError('c is full', { retryAfterMs: 50 });
    };
    await expect(world.input('nop', 'traces').consume(sampleBatch('traces', 1))).rejects.toMatchObject({
      message: 'a is bad; c is full',
      permanent: false,
      retryAfterMs: 50,
    });
    expect(world.output('nop/b', 'traces').itemCount).toBe(4);
    await collector.shutdown();
  });

  test('every edge is measured, with who failed and who passed an error on', async () => {
    const world = new FakeWorld();
    const collector = world.collector(
      SIMPLE.replace('exporters: {nop: }', 'exporters: {nop: }\nprocessors: {nop: }').replace(
        'receivers: [nop], ',
        'receivers: [nop], processors: [nop], ',
      ),
    );
    await collector.start();
    const input = world.input('nop', 'traces');
    await input.consume(sampleBatch('traces', 5));
    world.output('nop', 'traces').before = () => {
      throw new ConsumeError('no');
    };
    await expect(input.consume(sampleBatch('traces', 2))).rejects.toThrow('no');
    const total = (name: string, outcome: string): number => collector.metrics.total(name, { outcome });
    expect(total('otelcol.receiver.produced.items', 'success')).toBe(5);
    expect(total('otelcol.receiver.produced.items', 'refused')).toBe(2);
    expect(total('otelcol.processor.consumed.items', 'refused')).toBe(2);
    expect(total('otelcol.processor.produced.items', 'refused')).toBe(2);
    expect(total('otelcol.exporter.consumed.items', 'failure')).toBe(2);
    expect(total('otelcol.exporter.consumed.items', 'success')).toBe(5);
    expect(collector.metrics.total('exporter_sent_spans', { exporter: 'nop' })).toBe(5);
    expect(collector.metrics.total('exporter_send_failed_spans', { exporter: 'nop' })).toBe(2);
    await collector.shutdown();
  });

  test('a component that cannot start stops what had started', async () => {
    const world = new FakeWorld();
    const collector = world.collector(SIMPLE.replace('receivers: {nop: }', 'receivers: {nop: {fail: "no port"}}'));
    await expect(collector.start()).rejects.toThrow('cannot start receiver "nop": no port');
    expect(world.events).toEqual([
      'start exporter/nop:traces',
      'start receiver/nop',
      'stop receiver/nop',
      'stop exporter/nop:traces',
    ]);
  });
});

describe('reload', () => {
  test('a new configuration takes over', async () => {
    const world = new FakeWorld();
    const collector = world.collector(SIMPLE);
    await collector.start();
    world.yaml = SIMPLE.replaceAll('traces', 'logs');
    expect(await collector.reload()).toBe(true);
    expect(collector.describe().pipelines.map((pipeline) => pipeline.id)).toEqual(['logs']);
    expect(world.events.slice(2)).toEqual([
      'stop receiver/nop',
      'stop exporter/nop:traces',
      'start exporter/nop:logs',
      'start receiver/nop',
    ]);
    await collector.shutdown();
  });

  test('a bad one is refused with every mistake, and nothing stops', async () => {
    const world = new FakeWorld();
    const collector = world.collector(SIMPLE);
    await collector.start();
    world.yaml = SIMPLE.replace('exporters: [nop]', 'exporters: [nope]').replace(
      'exporters: {nop: }',
      'exporters: {nop: {x: 1}}',
    );
    expect(await collector.reload()).toBe(false);
    expect(world.events).toEqual(['start exporter/nop:traces', 'start receiver/nop']);
    expect(collector.describe().ready).toBe(true);
    const errors = world.logged.filter((line) => line.includes('The new configuration is not used'));
    expect(errors).toHaveLength(2);
    expect(errors.join()).toContain('c.yaml:2:19');
    await collector.shutdown();
  });

  test.each([
    { name: 'a good one', fail: '' },
    { name: 'one that cannot start', fail: 'port taken' },
  ])('$name loses nothing of what exporters had queued', async ({ fail }) => {
    const world = new FakeWorld();
    const queued = SIMPLE.replace(
      'exporters: {nop: }',
      'exporters: {queued: {sending_queue: {num_consumers: 1}}}',
    ).replace('exporters: [nop]', 'exporters: [queued]');
    const collector = world.collector(queued);
    await collector.start();
    world.output('queued', 'traces').before = () => {
      throw new ConsumeError('the far side is down');
    };
    for (const items of [1, 2, 3]) await world.input('nop', 'traces').consume(sampleBatch('traces', items));
    world.yaml = queued
      .replace('receivers: {nop: }', `receivers: {nop: {fail: "${fail}"}}`)
      .replace('num_consumers: 1', 'num_consumers: 2');
    expect(await collector.reload()).toBe(fail === '');
    await world.clock.advance(0);
    expect(world.output('queued', 'traces').itemCount).toBe(6);
    expect(collector.metrics.total('exporter_send_failed_spans')).toBe(0);
    await collector.shutdown();
  });

  test('one that cannot start gives way to the one before', async () => {
    const world = new FakeWorld();
    const collector = world.collector(SIMPLE);
    await collector.start();
    world.yaml = SIMPLE.replace('receivers: {nop: }', 'receivers: {nop: {fail: "port taken"}}');
    expect(await collector.reload()).toBe(false);
    expect(collector.describe().ready).toBe(true);
    await world.input('nop', 'traces').consume(sampleBatch('traces', 1));
    expect(world.output('nop', 'traces').itemCount).toBe(1);
    await collector.shutdown();
  });
});

describe('telemetry', () => {
  test('a wrong configuration at start throws all mistakes', async () => {
    const world = new FakeWorld();
    await expect(world.collector('receivers: {x: }').start()).rejects.toBeInstanceOf(ConfigErrors);
  });

  test('own metrics are served for Prometheus under the names of otelcol', async () => {
    const world = new FakeWorld();
    const readers =
      '[{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0, without_units: true, without_type_suffix: true, without_scope_info: true}}}}]';
    const collector = world.collector(SIMPLE.replace('readers: []', `readers: ${readers}`));
    await collector.start();
    await world.input('nop', 'traces').consume(sampleBatch('traces', 5));
    const response = await fetch(`http://127.0.0.1:${collector.metricsPorts[0]}/metrics`);
    const text = await response.text();
    expect(text).toContain('otelcol_exporter_sent_spans{exporter="nop"} 5\n');
    expect(text).toMatch(/^otelcol_process_uptime [\d.]+$/m);
    expect(text).toContain(
      'otelcol_receiver_produced_items{otelcol_component_id="nop",otelcol_component_kind="receiver",otelcol_signal="traces",outcome="success"} 5',
    );
    expect(text).toMatch(/^target_info\{service_name="signalbox-collector",service_version="0.0.0-test"/m);
    await collector.shutdown();
  });

  test('own metrics and the topology go into the store every five seconds', async () => {
    const world = new FakeWorld();
    const collector = world.collector(
      SIMPLE.replace('exporters: {nop: }', 'exporters: {signalbox: }').replace(
        'exporters: [nop]',
        'exporters: [signalbox]',
      ),
    );
    await collector.start();
    const own = world.output('signalbox', 'metrics');
    await world.clock.advance(5000);
    expect(own.batches).toHaveLength(1);
    const chunk = own.batches[0]!.chunks[0] as PointChunk;
    const names = chunk.metrics.type.length;
    expect(names).toBeGreaterThan(10);
    const published = Array.from({ length: names }, (_, metric) => chunk.metricName(metric));
    expect(published).toContain('signalbox.pipeline.component');
    expect(published).toContain('otelcol.receiver.produced.items');
    expect(published).toContain('otelcol_process_memory_rss');
    await collector.shutdown();
    expect(own.batches).toHaveLength(2);
  });

  test('log lines go where the configuration says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
    const path = join(folder, 'collector.log');
    const world = new FakeWorld();
    const yaml = SIMPLE.replace(
      'telemetry: {',
      `telemetry: {logs: {output_paths: ["${path}"], encoding: json, initial_fields: {zone: a}}, `,
    );
    const collector = new Collector({ ...world.options(yaml), logSink: undefined as never });
    await collector.start();
    await collector.shutdown();
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    rmSync(folder, { recursive: true });
    expect(lines[0]).toEqual({
      level: 'info',
      ts: expect.any(String),
      msg: 'Starting signalbox...',
      zone: 'a',
      Version: '0.0.0-test',
      pid: process.pid,
    });
    expect(lines.at(-1)).toMatchObject({ msg: 'Shutdown complete.' });
  });

  test.each([
    { name: "otelcol's defaults", logs: '{}', want: 12 },
    { name: 'as configured', logs: '{sampling: {initial: 3, thereafter: 50}}', want: 7 },
    { name: 'nothing behind the first ones', logs: '{sampling: {initial: 1, thereafter: 0}}', want: 1 },
    { name: 'all', logs: '{sampling: {enabled: false}}', want: 210 },
  ])('lines that repeat for each request are sampled: $name', async ({ logs, want }) => {
    const world = new FakeWorld();
    const yaml = `receivers: {nop: }
exporters:
  queued: {retry_on_failure: {enabled: false}, sending_queue: {enabled: false}}
${QUIET.replace('telemetry: {', `telemetry: {logs: ${logs}, `)}  pipelines:
    traces: {receivers: [nop], exporters: [queued]}
`;
    const collector = world.collector(yaml);
    await collector.start();
    world.output('queued', 'traces').before = () => {
      throw new ConsumeError('the peer is down');
    };
    const input = world.input('nop', 'traces');
    for (let i = 0; i < 210; i++) await expect(input.consume(sampleBatch('traces', 1))).rejects.toThrow('is down');
    expect(world.logged.filter((line) => line.includes('Exporting failed. Rejecting data.'))).toHaveLength(want);
    expect(collector.metrics.total('exporter_send_failed_spans')).toBe(210);
    await collector.shutdown();
  });

  test('telemetry that is not supported is said at start, with its place', async () => {
    const world = new FakeWorld();
    const collector = world.collector(
      SIMPLE.replace('{metrics: {readers: []}}', '{logs: {processors: [{batch: {}}]}, metrics: {readers: []}}'),
    );
    await collector.start();
    expect(world.logged.filter((line) => line.includes('not supported'))).toEqual([
      expect.stringContaining(
        'service::telemetry::logs::processors: not supported, does nothing\t{"at":"c.yaml:4:22"}',
      ),
    ]);
    await collector.shutdown();
  });

  test('unused components and old names are said at start', async () => {
    const world = new FakeWorld();
    const collector = world.collector(SIMPLE.replace('receivers: {nop: }', 'receivers: {nop: , oldnop: }'));
    await collector.start();
    expect(world.logged.filter((line) => line.includes('\twarn\t'))).toEqual([
      expect.stringContaining(
        'receivers::oldnop: "oldnop" alias is deprecated; use "nop" instead\t{"at":"c.yaml:1:20"}',
      ),
      expect.stringContaining('receiver "oldnop" is defined but does nothing: no pipeline uses it'),
    ]);
    await collector.shutdown();
  });
});
