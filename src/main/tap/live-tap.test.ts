import { afterEach, describe, expect, test } from 'vitest';
import type { TapEvent, TapItem, TapRequest } from '#collector';
import { printField } from '#inspect';
import { unaccountedIn } from '../../collector/testing.ts';
import { TapWorld } from '../testing/tap-world.ts';

let world: TapWorld;
afterEach(async () => {
  expect(unaccountedIn(world.collector)).toEqual([]);
  const stopping = world.collector.shutdown();
  await world.pass(20_000);
  await stopping;
});

function config(processors: Readonly<Record<string, unknown>>, more = ''): string {
  return `receivers: {otlp: {protocols: {http: {}}}}
processors: ${JSON.stringify(processors)}
exporters: {debug: {}}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [${Object.keys(processors).join(', ')}], exporters: [debug]}
    logs: {receivers: [otlp], processors: [${Object.keys(processors)
      .filter((id) => !id.startsWith('tail'))
      .join(', ')}], exporters: [debug]}
${more}`;
}

const REDACT = {
  transform: {
    error_mode: 'ignore',
    trace_statements: ['replace_pattern(span.attributes["url.full"], "token=\\\\w+", "token=***")'],
    log_statements: ['replace_pattern(log.body, "token=\\\\w+", "token=***")'],
  },
};
const MARK = { 'attributes/mark': { actions: [{ key: 'team', value: 'a', action: 'insert' }] } };
const HEALTH = {
  'filter/health': {
    traces: { span: ['name == "health"'] },
    logs: { log_record: ['severity_number == SEVERITY_NUMBER_DEBUG'] },
  },
};

const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } });
const TRACE = '01'.repeat(16);

function spans(...names: readonly string[]): unknown {
  const list = names.map((name, index) => ({
    traceId: TRACE,
    spanId: `${index + 1}`.padStart(16, '0'),
    name,
    startTimeUnixNano: '1',
    endTimeUnixNano: '2',
    attributes: [text('url.full', `https://x/${name}?token=s3cret`), text('note', 'plain')],
  }));
  return {
    resourceSpans: [{ resource: { attributes: [text('service.name', 'shop')] }, scopeSpans: [{ spans: list }] }],
  };
}

const itemsIn = (events: readonly TapEvent[]): TapItem[] => events.filter((event) => event.type === 'item');
const shownIn = (events: readonly TapEvent[]): string[] =>
  itemsIn(events).map((item) => {
    const name = item.fields.find(({ path }) => path === 'name' || path === 'body');
    const changes = item.fields.filter(({ change, masked }) => change !== undefined || masked !== undefined);
    return [
      item.outcome,
      ...(item.reason === undefined ? [] : [`(${item.reason})`]),
      printField(name!).trim(),
      ...changes.map(printField),
    ].join(' | ');
  });

describe('a live tap', () => {
  test('shows an item before and after a component, with what it changed', async () => {
    world = await new TapWorld().start(config({ ...HEALTH, ...MARK }));
    const { events } = world.tap('traces/attributes/mark');
    await world.send('traces', spans('cart', 'health'));
    expect(events[0]).toMatchObject({
      type: 'start',
      target: { pipeline: 'traces', id: 'attributes/mark', role: 'processor' },
    });
    expect(shownIn(events)).toEqual(['changed | name: "cart" | + attributes["team"]: "a"']);
    expect(itemsIn(events)[0]!.fields).toContainEqual({ path: 'attributes["note"]', value: 'plain' });
    expect(world.exported.map(({ fields }) => fields.name)).toEqual(['cart']);
  });

  test('what a component leaves out, with its reason; the values of all, where nothing behind it changes any', async () => {
    world = await new TapWorld().start(config(HEALTH));
    const { events } = world.tap('traces/filter/health');
    await world.send('traces', spans('cart', 'health', 'pay'));
    expect(shownIn(events)).toEqual([
      'passed | name: "cart"',
      'dropped | (unwanted) | name: "health"',
      'passed | name: "pay"',
    ]);
    await world.pass(1000);
    expect(events.at(-1)).toEqual({ type: 'counts', in: 3, out: 2, shown: 3, waiting: 0, leftOut: { unwanted: 1 } });
  });

  test.each(['traces/receivers/otlp', 'traces/attributes/mark', 'traces/transform'])(
    '%s: what is redacted from here on is masked',
    async (at) => {
      world = await new TapWorld().start(config({ ...MARK, ...REDACT }));
      const { events } = world.tap(at);
      await world.send('traces', spans('cart'));
      expect(JSON.stringify(events)).not.toContain('s3cret');
      expect(JSON.stringify(events)).toContain('plain');
      const [item] = itemsIn(events);
      const url = item!.fields.find(({ path }) => path === 'attributes["url.full"]');
      const isRedactor = at === 'traces/transform';
      expect(url).toEqual(
        isRedactor
          ? { path: 'attributes["url.full"]', change: 'changed', value: 'https://x/cart?token=***', masked: 'before' }
          : { path: 'attributes["url.full"]', masked: 'value' },
      );
      expect(item!.maskedCount).toBe(1);
    },
  );

  test('behind the redaction nothing is left to mask, and --raw masks nothing', async () => {
    world = await new TapWorld().start(config({ ...REDACT, ...MARK }));
    const behind = world.tap('traces/debug');
    const raw = world.tap('traces/transform', { isRaw: true });
    await world.send('traces', spans('cart'));
    expect(shownIn(behind.events)).toEqual(['passed | name: "cart"']);
    expect(shownIn(raw.events)).toEqual([
      'changed | name: "cart" | ~ attributes["url.full"]: "https://x/cart?token=s3cret" → "https://x/cart?token=***"',
    ]);
    expect(JSON.stringify(behind.events)).not.toContain('s3cret');
  });

  test('of what is dropped before the redaction only what is harmless is shown', async () => {
    world = await new TapWorld().start(config({ ...HEALTH, ...REDACT }));
    const before = world.tap('traces/filter/health');
    const first = world.tap('traces/otlp');
    await world.send('traces', spans('health'));
    for (const { events } of [before, first]) {
      expect(JSON.stringify(events)).not.toContain('s3cret');
      expect(JSON.stringify(events)).not.toContain('plain');
      expect(itemsIn(events)[0]!.fields).toContainEqual({ path: 'resource.attributes["service.name"]', value: 'shop' });
    }
    expect(itemsIn(before.events)[0]!.outcome).toBe('dropped');
    expect(itemsIn(first.events)[0]).toMatchObject({ outcome: 'passed', isDroppedLater: true });
  });

  test('a redaction in a pipeline behind a connector counts, too', async () => {
    const more =
      '    traces/out: {receivers: [forward], processors: [transform/out], exporters: [debug]}\nconnectors: {forward: {}}\n';
    const yaml = config({ ...MARK, 'transform/out': REDACT.transform }, more).replace(
      'processors: [attributes/mark, transform/out], exporters: [debug]}\n    logs',
      'processors: [attributes/mark], exporters: [forward]}\n    logs',
    );
    world = await new TapWorld().start(yaml);
    const { events } = world.tap('traces/attributes/mark');
    await world.send('traces', spans('cart'));
    expect(itemsIn(events)).toHaveLength(1);
    expect(JSON.stringify(events)).not.toContain('s3cret');
    expect(JSON.stringify(events)).toContain('plain');
  });

  test('what is held is shown when it goes on, also in a body that was written anew', async () => {
    const sampling = {
      tail_sampling: {
        decision_wait: '5s',
        policies: [{ name: 'all', type: 'string_attribute', string_attribute: { key: 'note', values: ['plain'] } }],
      },
    };
    world = await new TapWorld().start(config({ ...MARK, ...sampling }));
    const { events } = world.tap('traces/tail_sampling');
    await world.send('traces', spans('cart'));
    await world.pass(1000);
    expect(itemsIn(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'counts', in: 1, out: 0, waiting: 1 });
    await world.pass(9000);
    expect(shownIn(events)).toEqual(['passed | name: "cart"']);
  });

  test('a connector takes and gives: what it makes is added there, and passes where its pipeline begins', async () => {
    const more =
      '    metrics: {receivers: [span_metrics], exporters: [debug]}\nconnectors: {span_metrics: {metrics_flush_interval: 1s}}\n';
    const yaml = config(MARK, more).replace('exporters: [debug]}\n    logs', 'exporters: [span_metrics]}\n    logs');
    world = await new TapWorld().start(yaml);
    const end = world.tap('traces/span_metrics');
    const begin = world.tap('metrics/span_metrics');
    await world.send('traces', spans('cart'));
    await world.pass(2000);
    const metricName = (item: TapItem): unknown => item.fields.find(({ path }) => path === 'metric.name')?.value;
    expect(
      itemsIn(end.events)
        .filter(({ outcome }) => outcome === 'added')
        .map(metricName),
    ).toContain('traces.span.metrics.calls');
    expect(itemsIn(end.events).find(({ signal }) => signal === 'traces')).toMatchObject({ outcome: 'passed' });
    expect(end.events.findLast(({ type }) => type === 'counts')).toMatchObject({ in: 1, leftOut: { aggregated: 1 } });
    expect(itemsIn(begin.events).map(metricName)).toContain('traces.span.metrics.calls');
    expect(begin.events.findLast(({ type }) => type === 'counts')).toMatchObject({ out: 0, leftOut: {} });
  });

  test('log records, whose rows are found again by their place', async () => {
    world = await new TapWorld().start(config({ ...HEALTH, ...REDACT }));
    const { events } = world.tap('logs/transform', { isRaw: true });
    const record = (body: string, severityNumber: number): unknown => ({ body: { stringValue: body }, severityNumber });
    const logRecords = [record('a', 5), record('b token=1', 9), record('c', 9)];
    await world.send('logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
    expect(shownIn(events)).toEqual([
      'changed | ~ body: "b token=1" → "b token=***" | ~ body: "b token=1" → "b token=***"',
      'passed | body: "c"',
    ]);
  });

  test('ends at its limits, with the reload that may change what is masked, and when nobody looks', async () => {
    world = await new TapWorld().start(config(MARK));
    const few = world.tap('traces/otlp', { limits: { items: 2 } });
    const short = world.tap('traces/otlp', { limits: { timeMs: 1500, itemsPerSecond: 1 } });
    const small = world.tap('traces/otlp', { limits: { bytes: 900 } });
    const closed = world.tap('traces/otlp');
    const rest = world.tap('traces/otlp');
    closed.close();
    await world.send('traces', spans('a', 'b', 'c'));
    expect(few.events.filter(({ type }) => type !== 'counts').map(({ type }) => type)).toEqual([
      'start',
      'item',
      'item',
      'end',
    ]);
    expect(few.events.at(-1)).toEqual({ type: 'end', reason: 'items' });
    expect(small.events.at(-1)).toEqual({ type: 'end', reason: 'bytes' });
    expect(itemsIn(short.events)).toHaveLength(1);
    await world.pass(2000);
    expect(short.events.at(-1)).toEqual({ type: 'end', reason: 'time' });
    expect(closed.events.map(({ type }) => type)).toEqual(['start']);
    expect(world.collector.watchers.current).toBeDefined();
    const reloading = world.collector.reload();
    await world.pass(5000);
    await reloading;
    expect(rest.events.at(-1)).toEqual({ type: 'end', reason: 'reload' });
    expect(world.collector.watchers.current).toBeUndefined();
  });

  test('who asks for what is not there, or too much, is told', async () => {
    world = await new TapWorld().start(config(MARK));
    const refusal = (at: string, more: Partial<TapRequest> = {}): string => {
      try {
        world.tap(at, more);
        return 'taken';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal('traces/attributes/mrk')).toBe(
      'no component traces/attributes/mrk; did you mean traces/attributes/mark?',
    );
    expect(refusal('nothing')).toContain('there are: traces/otlp, traces/attributes/mark, traces/debug, logs/otlp');
    expect(refusal('traces/otlp', { limits: { items: 1e9 } })).toBe(
      'items: must be above 0 and at most 10000, got 1000000000',
    );
    for (let i = 0; i < 8; i++) expect(refusal('traces/otlp')).toBe('taken');
    expect(refusal('traces/otlp')).toBe('8 taps are open already: close one');
  });
});
