import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FixtureSpan, insertSpans, randomId, randomNumbers } from '../testing/fixtures.ts';
import { startTestStore, type TestStore } from '../testing/test-store.ts';
import { type DifferenceQuestion, readDifferences } from './differences.ts';

const FROM_MS = 1_760_000_000_000;
const TO_MS = FROM_MS + 600_000;
const [SERVER, CLIENT] = [2, 3];
const MS = 1e6;

/**
 * Checkouts as the demo shop has them, with its shares of providers and regions; one provider is slow and fails in one region. Beside them
 * searches, and a call in which a flag was planted.
 */
function shop(): readonly FixtureSpan[] {
  const random = randomNumbers(7);
  const spans: FixtureSpan[] = [];
  for (let i = 0; i < 3_000; i++) {
    const traceId = randomId(random, 16);
    const startNs = BigInt(FROM_MS) * 1_000_000n + BigInt(Math.floor(random() * 599_000)) * 1_000_000n;
    const pick = <T>(choices: readonly (readonly [T, number])[]): T => {
      let at = random() * choices.reduce((sum, [, share]) => sum + share, 0);
      for (const [choice, share] of choices) {
        at -= share;
        if (at < 0) return choice;
      }
      return choices[0]![0];
    };
    let parent = '';
    const add = (service: string, name: string, kind: number, durationNs: number, more: Partial<FixtureSpan>): void => {
      const spanId = randomId(random, 8);
      const resource = { 'service.version': `1.${service.length}.${i % 2}`, 'host.name': `${service}-${i % 3}` };
      spans.push({
        traceId,
        spanId,
        parentSpanId: parent,
        timeNs: startNs,
        durationNs,
        service,
        name,
        kind,
        resource,
        ...more,
      });
      parent = spanId;
    };
    if (random() < 0.6) {
      const route = { 'http.route': '/search', 'http.request.method': 'GET', 'url.path': '/search' };
      add('gateway', 'GET /search', SERVER, 20 * MS, { attributes: route });
      continue;
    }
    const provider = pick([
      ['northpay', 5],
      ['cardwell', 4],
      ['paylane', 2],
    ] as const);
    const region = pick([
      ['eu-west', 1],
      ['eu-north', 1],
      ['us-east', 1],
      ['ap-south', 1],
    ] as const);
    const troubled = provider === 'northpay' && region === 'eu-west';
    const took = (troubled ? 2_400 : 100 + Math.floor(100 * random())) * MS;
    const status = troubled && random() < 0.7 ? 2 : 0;
    const host = `${region}.${provider}.example`;
    const code = status === 2 ? 503 : 201;
    add('gateway', 'POST /checkout', SERVER, took + 30 * MS, {
      status,
      attributes: {
        'http.route': '/checkout',
        'http.request.method': 'POST',
        'url.path': '/checkout',
        'http.response.status_code': code,
      },
    });
    add('orders', 'process_order', 1, took + 20 * MS, {
      attributes: {
        'order.id': `ORD-${i}`,
        region,
        'order.total': 10 + Math.floor(random() * 500) + 0.5,
        'order.lines': 1 + (i % 5),
      },
    });
    add('payments', 'payment.charge', 1, took + 5 * MS, {
      status,
      attributes: {
        'order.id': `ORD-${i}`,
        'payment.provider': provider,
        'payment.method': i % 3 ? 'card' : 'wallet',
        region,
      },
      events:
        status === 2
          ? [{ timeNs: startNs, name: 'exception', attributes: '{"exception.type":"ProviderUnavailableError"}' }]
          : [],
    });
    add('payments', 'POST', CLIENT, took, {
      status,
      attributes: {
        'http.request.method': 'POST',
        'server.address': host,
        'peer.service': provider,
        'url.full': `https://${host}/v2/charges`,
      },
    });
  }
  for (let i = 0; i < 400; i++) {
    const size = i < 40 ? 900 + i : 10 + (i % 300);
    const flag =
      i < 40 && i % 10
        ? { 'feature.flag': 'canary' }
        : i % 50 === 0
          ? { 'feature.flag': 'canary' }
          : { 'feature.flag': 'stable' };
    spans.push({
      traceId: randomId(random, 16),
      spanId: randomId(random, 8),
      timeNs: BigInt(FROM_MS + i * 1000) * 1_000_000n,
      durationNs: (i < 40 ? 500 : 5) * MS,
      service: 'reports',
      name: 'render',
      kind: SERVER,
      attributes: { ...flag, 'report.rows': size, 'user.id': `u${i}`, 'http.response.status_code': 200 },
    });
  }
  return spans;
}

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await insertSpans(store, shop());
});
afterAll(() => store.close());

const whole = { fromMs: FROM_MS, toMs: TO_MS, unit: 'spans', limit: 50 } as const;
const ask = (question: Partial<DifferenceQuestion> & Pick<DifferenceQuestion, 'selection'>) =>
  readDifferences(store.reader, { ...whole, ...question });

describe('what differs', () => {
  test('a planted attribute comes first', async () => {
    const { differences, selectedCount, restCount } = await ask({
      service: 'reports',
      selection: { minDurationNs: 100 * MS },
    });
    expect([selectedCount, restCount]).toEqual([40, 360]);
    // All of what is slow has many rows; nearly all have the flag, and hardly any of the rest.
    const [first, second] = differences;
    expect(first).toMatchObject({
      key: 'report.rows',
      of: 'span',
      value: '≥ 900',
      selected: 1,
      rest: 0,
      isOutcome: false,
    });
    expect(second).toMatchObject({ key: 'feature.flag', value: 'canary', selected: 0.925 });
    expect(second!.rest).toBeCloseTo(7 / 360, 3);
    expect(second!.values).toEqual([
      { value: 'canary', selected: 0.925, rest: second!.rest },
      { value: 'stable', selected: 0.075, rest: 1 - second!.rest },
    ]);
    // Each span has another, which says nothing.
    expect(differences.map(({ key }) => key)).not.toContain('user.id');
  });

  test.each([
    { name: 'a box around what is slow', question: { selection: { minDurationNs: 1_000 * MS } } },
    { name: 'the failed spans of the service', question: { service: 'payments', selection: { status: 'error' } } },
    {
      name: 'traces of failed requests of another service',
      question: { unit: 'traces', selection: { service: 'gateway', status: 'error' } },
    },
  ] as const)('the payment provider in trouble is what comes first of $name', async ({ question }) => {
    const { differences } = await ask(question);
    const causes = differences.filter(({ isOutcome }) => !isOutcome);
    expect(causes[0]).toMatchObject({ value: expect.stringContaining('northpay') as string });
    expect(differences[0]).toEqual(causes[0]);
    expect(causes.find(({ key }) => key === 'payment.provider')).toMatchObject({ value: 'northpay' });
    expect(causes.find(({ key }) => key === 'region')).toMatchObject({ value: 'eu-west' });
  });

  test('counts are exact: of spans, of resources, of events once a span, and of names', async () => {
    const spans = shop();
    const selected = spans.filter(({ status }) => status === 2);
    const rest = spans.filter(({ status }) => status !== 2);
    const { differences, ...answer } = await ask({ selection: { status: 'error' } });
    expect(answer).toMatchObject({
      unit: 'spans',
      selectedCount: selected.length,
      restCount: rest.length,
      selectedLookedAt: selected.length,
      restLookedAt: rest.length,
      truncated: false,
    });
    const shareOf = (of: readonly FixtureSpan[], has: (span: FixtureSpan) => boolean) =>
      of.filter(has).length / of.length;
    const expected: [string, string, (span: FixtureSpan) => boolean][] = [
      ['service.name', 'payments', ({ service }) => service === 'payments'],
      ['name', 'payment.charge', ({ name }) => name === 'payment.charge'],
      ['exception.type', 'ProviderUnavailableError', ({ events }) => (events ?? []).length > 0],
      [
        'payment.provider',
        'northpay',
        ({ attributes }) => (attributes as Record<string, unknown> | undefined)?.['payment.provider'] === 'northpay',
      ],
    ];
    for (const [key, value, has] of expected) {
      const found = differences.find((one) => one.key === key)!.values.find((one) => one.value === value)!;
      expect(found.selected).toBeCloseTo(shareOf(selected, has), 9);
      expect(found.rest).toBeCloseTo(shareOf(rest, has), 9);
    }
    // It is what was asked for.
    expect(differences.map(({ key }) => key)).not.toContain('status');
    expect(differences.every((one, i) => i === 0 || differences[i - 1]!.score >= one.score)).toBe(true);
  });

  test('a part of the range, and a filter, narrow the selection; one that has nothing differs in nothing', async () => {
    const part = { fromMs: FROM_MS + 10_000, toMs: FROM_MS + 20_000 };
    const inPart = await ask({ service: 'reports', selection: { ...part, q: 'feature.flag=canary' } });
    expect(inPart.selectedCount).toBe(9);
    expect(inPart.selectedCount + inPart.restCount).toBe(400);
    expect(inPart.differences.map(({ key }) => key)).not.toContain('feature.flag');
    const nothing = await ask({ selection: { service: 'nobody' } });
    expect(nothing).toMatchObject({ selectedCount: 0, differences: [], keyCount: 0 });
  });

  test('with a sample of the rest the first five are those of all of it, the planted one first', async () => {
    const beganMs = FROM_MS + 86_400_000;
    await insertSpans(store, planted(beganMs));
    const question: DifferenceQuestion = {
      ...{ fromMs: beganMs, toMs: beganMs + 600_000, limit: 50, service: 'plant' },
      unit: 'spans',
      selection: { status: 'error' },
    };
    const sampled = await readDifferences(store.reader, question, {}, 1_000);
    const exact = await readDifferences(store.reader, { ...question, isExact: true });
    expect(exact.restLookedAt).toBe(exact.restCount);
    expect(sampled.restLookedAt).toBeGreaterThanOrEqual(1_000);
    expect(sampled.restLookedAt).toBeLessThan(sampled.restCount / 2);
    expect(sampled.selectedLookedAt).toBe(sampled.selectedCount);
    const firstFive = ({ differences }: typeof exact) => differences.slice(0, 5).map(({ key, value }) => [key, value]);
    expect(firstFive(sampled)).toEqual(firstFive(exact));
    expect(firstFive(exact)).toEqual(['flag', 'mark.a', 'mark.b', 'mark.c', 'mark.d'].map((key) => [key, 'planted']));
  });
});

/** Spans of which some failed: these have a flag nearly all, and other marks less and less; the rest has each of them now and then. */
function planted(fromMs: number): readonly FixtureSpan[] {
  const random = randomNumbers(11);
  return Array.from({ length: 6_000 }, (_, i): FixtureSpan => {
    const failed = i % 20 === 0;
    const has = (share: number): string => (random() < (failed ? share : 0.1) ? 'planted' : 'usual');
    return {
      traceId: randomId(random, 16),
      spanId: randomId(random, 8),
      timeNs: BigInt(fromMs + i * 100) * 1_000_000n,
      durationNs: 5 * MS,
      service: 'plant',
      name: 'grow',
      kind: SERVER,
      status: failed ? 2 : 0,
      attributes: {
        ...{ flag: has(0.98), 'mark.a': has(0.85), 'mark.b': has(0.7), 'mark.c': has(0.55), 'mark.d': has(0.4) },
        ...{ 'mark.e': has(0.2), 'mark.f': has(0.1), 'user.id': `u${i}` },
      },
    };
  });
}
