import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { parse } from 'protobufjs';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '#base';
import { eventually } from '#base/testing.ts';
import { fakeHost, fakeSettings } from '#component/testing.ts';
import { remoteSamplingSchema, validateRemoteSampling } from './config.ts';
import { RemoteSampling } from './jaegerremotesampling.ts';
import { readStrategies } from './strategies.ts';

const folder = mkdtempSync(join(tmpdir(), 'signalbox-sampling-'));
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  rmSync(folder, { recursive: true, force: true });
});

const ANY = { endpoint: '127.0.0.1:0' };
/** As in Jaeger's own example: services with and without operations, beside a default that has some. */
const FILE = {
  default_strategy: {
    type: 'probabilistic',
    param: 0.5,
    operation_strategies: [{ operation: '/health', type: 'probabilistic', param: 0 }],
  },
  service_strategies: [
    {
      service: 'foo',
      type: 'probabilistic',
      param: 0.8,
      operation_strategies: [
        { operation: 'op1', type: 'probabilistic', param: 0.2 },
        { operation: 'op2', type: 'ratelimiting', param: 3 },
      ],
    },
    { service: 'bar', type: 'ratelimiting', param: 5 },
  ],
};
const operations = (defaultSamplingProbability: number, rates: Readonly<Record<string, number>>): object => ({
  defaultSamplingProbability,
  defaultLowerBoundTracesPerSecond: 0,
  perOperationStrategies: Object.entries(rates).map(([operation, samplingRate]) => ({
    operation,
    probabilisticSampling: { samplingRate },
  })),
  defaultUpperBoundTracesPerSecond: 0,
});
const EXPECTED = {
  foo: {
    strategyType: 'PROBABILISTIC',
    probabilisticSampling: { samplingRate: 0.8 },
    operationSampling: operations(0.8, { op1: 0.2, '/health': 0 }),
  },
  bar: {
    strategyType: 'RATE_LIMITING',
    rateLimitingSampling: { maxTracesPerSecond: 5 },
    operationSampling: operations(0.5, { '/health': 0 }),
  },
  unknown: {
    strategyType: 'PROBABILISTIC',
    probabilisticSampling: { samplingRate: 0.5 },
    operationSampling: operations(0.5, { '/health': 0 }),
  },
};

const PROTO = `syntax = "proto3";
message Parameters { string serviceName = 1; }
enum StrategyType { PROBABILISTIC = 0; RATE_LIMITING = 1; }
message Probabilistic { double samplingRate = 1; }
message RateLimiting { int32 maxTracesPerSecond = 1; }
message Operation { string operation = 1; Probabilistic probabilisticSampling = 2; }
message Operations {
  double defaultSamplingProbability = 1; double defaultLowerBoundTracesPerSecond = 2; repeated Operation perOperationStrategies = 3;
  double defaultUpperBoundTracesPerSecond = 4;
}
message Response {
  StrategyType strategyType = 1; Probabilistic probabilisticSampling = 2; RateLimiting rateLimitingSampling = 3; Operations operationSampling = 4;
}`;

function askOverGrpc(address: string, service: string): Promise<object> {
  const { root } = parse(PROTO, { keepCase: true });
  const [asked, answered] = [root.lookupType('Parameters'), root.lookupType('Response')];
  const client = new Client(address, credentials.createInsecure());
  undo.push(() => client.close());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/jaeger.api_v2.SamplingManager/GetSamplingStrategy',
      (message: object) => Buffer.from(asked.encode(asked.fromObject(message)).finish()),
      (bytes: Buffer) => answered.toObject(answered.decode(bytes), { enums: String, defaults: true }),
      { serviceName: service },
      (error, answer) => (error === null ? resolve(answer as object) : reject(error)),
    );
  });
}

async function started(source: object, clock = new ManualClock(0)) {
  const settings = { ...fakeSettings({ id: 'jaegerremotesampling' }), clock };
  const extension = new RemoteSampling(settings, remoteSamplingSchema.parse({ http: ANY, grpc: ANY, source }));
  await extension.start(fakeHost());
  undo.push(() => extension.shutdown(100));
  const get = async (path: string) => {
    const response = await fetch(`http://${extension.addresses.http}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { extension, get, clock };
}

test('each service gets its strategy, over HTTP and gRPC alike', async () => {
  const { extension, get } = await started({ contents: JSON.stringify(FILE) });
  for (const [service, expected] of Object.entries(EXPECTED)) {
    const { text } = await get(`/sampling?service=${service}`);
    expect(JSON.parse(text)).toEqual(expected);
    expect(await askOverGrpc(extension.addresses.grpc, service)).toMatchObject(expected);
  }
  expect((await get('/?service=foo')).status).toBe(200);
  const wrong = { status: 400, text: "'service' parameter must be provided once\n" };
  expect([await get('/sampling'), await get('/sampling?service=a&service=b')]).toEqual([wrong, wrong]);
  expect((await get('/other?service=foo')).status).toBe(404);
});

test('a file is read again, and one that can’t be read changes nothing', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'signalbox-sampling-')), 'strategies.json');
  const write = (param: number): void =>
    writeFileSync(file, JSON.stringify({ default_strategy: { type: 'probabilistic', param } }));
  write(0.25);
  const { get, clock } = await started({ file, reload_interval: '30s' });
  const rate = async (): Promise<number> =>
    JSON.parse((await get('/sampling?service=a')).text).probabilisticSampling.samplingRate as number;
  expect(await rate()).toBe(0.25);
  for (const step of [() => write(0.75), () => writeFileSync(file, '{'), () => write(1)]) {
    step();
    await clock.advance(30_000);
    if (step.toString().includes("'{'")) expect(await rate()).toBe(0.75);
    else await eventually('the file is read', async () => [0.75, 1].includes(await rate()));
  }
  // A reading that is still under way when its time comes again is made the next time.
  await eventually('the last one is read', async () => {
    await clock.advance(30_000);
    return (await rate()) === 1;
  });
});

test.each([
  ['{', 'the strategies are no JSON'],
  ['{"service_strategies": 7}', "the strategies can't be read: service_strategies"],
])('strategies that can’t be read: %s', async (contents, words) => {
  await expect(started({ contents })).rejects.toThrow(`extensions::jaegerremotesampling::source::contents: ${words}`);
});

test('what Jaeger passes over is passed over with a warning; without a default 0.1 % are sampled', () => {
  const warnings: string[] = [];
  const text = JSON.stringify({ service_strategies: [{ service: 'a', type: 'adaptive', param: 1 }] });
  const strategies = readStrategies(text, (message) => warnings.push(message));
  expect([strategies.of('a'), strategies.of('b')]).toEqual([{ probability: 0.001 }, { probability: 0.001 }]);
  expect(warnings).toEqual(['a: type "adaptive" is neither probabilistic nor ratelimiting']);
});

test.each([
  [{}, ['no protocols specified', 'no sources specified']],
  [{ http: ANY, source: { file: 'a', contents: 'b' } }, ['too many sources specified']],
  [{ grpc: ANY, source: { remote: { endpoint: 'x' } } }, ['strategies of another server']],
])('a configuration that is wrong: %j', (block, words) => {
  const mistakes = validateRemoteSampling(remoteSamplingSchema.parse(block)).map(({ message }) => message);
  expect(mistakes).toHaveLength(words.length);
  words.forEach((word, i) => {
    expect(mistakes[i]).toContain(word);
  });
});
