import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '#base';
import { eventually, turns } from '#base/testing.ts';
import type {
  Component,
  ConnectorFactory,
  Consumer,
  ExporterFactory,
  Extension,
  ExtensionFactory,
  Factory,
  ProcessorFactory,
  ReceiverFactory,
} from '#component';
import { type FakeSettings, fakeHost, fakeSettings, RecordingConsumer, sampleBatch } from '#component/testing.ts';
import { SIGNALS, type Signal } from '#pdata';
import { DeliveringExporter } from '../collector/delivery/delivery.ts';
import { components } from './components.ts';
import { leaves, type Schema } from './testing/schema-leaves.ts';

/** What a key says must be read by its component: from its making over its start and a batch to its end. */

const folder = mkdtempSync(join(tmpdir(), 'signalbox-reads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** A cluster that isn't there, for whoever asks the API of one. */
process.env['KUBECONFIG'] = join(folder, 'kubeconfig');
writeFileSync(
  process.env['KUBECONFIG'],
  JSON.stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: 'http://127.0.0.1:1' } }],
  }),
);

const file = (name: string): string => join(import.meta.dirname, '..', 'net', 'testdata', name);
const pem = (name: string): string => readFileSync(file(name), 'utf8');

const STRATEGIES = join(folder, 'strategies.json');
writeFileSync(STRATEGIES, '{}');
const RSA_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

type Block = { [key: string]: unknown };
/** Blocks that work, on free ports and with peers that aren't there. */
const BASES: Readonly<Record<string, Block | readonly Block[]>> = {
  'receiver otlp': { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } },
  'receiver jaeger': {
    protocols: {
      grpc: { endpoint: '127.0.0.1:0' },
      thrift_http: { endpoint: '127.0.0.1:0' },
      thrift_compact: { endpoint: '127.0.0.1:0' },
      thrift_binary: { endpoint: '127.0.0.1:0' },
    },
  },
  'receiver loki': { protocols: { grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } } },
  'receiver otlpjsonfile': { include: [file('*.crt')] },
  'receiver prometheus': {
    config: { scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['127.0.0.1:1'] }] }] },
  },
  'receiver prometheusremotewrite': { endpoint: '127.0.0.1:0' },
  'receiver zipkin': { endpoint: '127.0.0.1:0' },
  'processor attributes': { actions: [{ key: 'n', action: 'hash' }] },
  // More than the soft limit is in use, more than the hard one, and as much as a share of the memory allows.
  'processor memory_limiter': [
    { check_interval: '60s', limit_mib: 100_000, spike_limit_mib: 99_999 },
    { check_interval: '60s', limit_mib: 1 },
    { check_interval: '60s', limit_percentage: 60 },
  ],
  'processor filter': { log_conditions: ['log.attributes["n"] == 1'] },
  'processor transform': { log_statements: ['set(log.attributes["n"], 1)'] },
  'processor tail_sampling': { policies: [{ name: 'all', type: 'always_sample' }] },
  // Of log records with an attribute, and without a trace id.
  'processor probabilistic_sampler': [{ sampling_percentage: 50 }, { sampling_percentage: 50, from_attribute: 'n' }],
  // The key of a hash is read with its function.
  'processor redaction': [
    { allow_all_keys: true, blocked_values: ['a'] },
    {
      allow_all_keys: true,
      url_sanitizer: { enabled: true },
      db_sanitizer: Object.fromEntries(
        ['sql', 'redis', 'valkey', 'memcached', 'mongo', 'opensearch', 'es'].map((kind) => [kind, { enabled: true }]),
      ),
    },
    { allow_all_keys: true, hash_function: 'hmac-sha256', hmac_key: 'k'.repeat(32) },
  ],
  'processor span': { name: { from_attributes: ['n'] } },
  'processor resource_detection': { detectors: ['system'], system: { hostname_sources: ['os'] } },
  'processor k8s_attributes': [{ auth_type: 'kubeConfig' }, { passthrough: true }],
  'processor resource': { attributes: [{ key: 'n', action: 'hash' }] },
  'exporter file': [
    { path: join(folder, 'a.json') },
    { path: join(folder, 'b-*.json'), group_by: { enabled: true, resource_attribute: 'service.name' } },
  ],
  'exporter load_balancing': [
    { resolver: { static: { hostnames: ['127.0.0.1:1'] } } },
    { resolver: { dns: { hostname: 'localhost' } } },
    { resolver: { k8s: { service: 'a.b' } } },
    { resolver: { static: { hostnames: ['127.0.0.1:1'] } }, routing_key: 'attributes', routing_attributes: ['n'] },
  ],
  'exporter loki': [
    { endpoint: 'http://127.0.0.1:1' },
    { endpoint: 'http://127.0.0.1:1', labels: { attributes: { n: 'n' } } },
    { endpoint: 'http://127.0.0.1:1', max_idle_conns: 7 },
  ],
  'exporter prometheus_remote_write': [
    { endpoint: 'http://127.0.0.1:1' },
    { endpoint: 'http://127.0.0.1:1', protobuf_message: 'io.prometheus.write.v2.Request' },
    { endpoint: 'http://127.0.0.1:1', max_idle_conns: 7 },
  ],
  'exporter otlp_grpc': { endpoint: '127.0.0.1:1' },
  'exporter otlp_http': [{ endpoint: 'http://127.0.0.1:1' }, { endpoint: 'http://127.0.0.1:1', max_idle_conns: 7 }],
  'exporter prometheus': { endpoint: '127.0.0.1:0', sending_queue: {} },
  'exporter signalbox': { endpoint: 'http://127.0.0.1:1', spool: { directory: join(folder, 'spool') } },
  'exporter zipkin': [{ endpoint: 'http://127.0.0.1:1' }, { endpoint: 'http://127.0.0.1:1', max_idle_conns: 7 }],
  'extension basicauth': { client_auth: { username: 'me', password: 'secret' } },
  'extension bearertokenauth': { token: 'secret' },
  'extension file_storage': { directory: join(folder, 'storage'), create_directory: true },
  'extension pprof': { endpoint: '127.0.0.1:0' },
  'extension headers_setter': { headers: [{ key: 'a', value: 'b' }] },
  'extension jaegerremotesampling': ['contents', 'file'].map((source) => ({
    http: { endpoint: '127.0.0.1:0' },
    grpc: { endpoint: '127.0.0.1:0' },
    source: { [source]: source === 'file' ? STRATEGIES : '{}' },
  })),
  'extension oauth2client': [
    { client_id: 'me', client_secret: 'secret', token_url: 'https://127.0.0.1:1/' },
    {
      client_id: 'me',
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      client_certificate_key: RSA_KEY,
      token_url: 'https://127.0.0.1:1/',
    },
  ],
  'extension health_check': { endpoint: '127.0.0.1:0' },
  'extension healthcheckv2': { use_v2: true, http: { endpoint: '127.0.0.1:0' }, grpc: { endpoint: '127.0.0.1:0' } },
  'extension zpages': { endpoint: '127.0.0.1:0' },
};
/** For these keys not any value does. */
const VALUES_OF: Readonly<Record<string, readonly unknown[]>> = {
  cert_file: [file('server.crt')],
  key_file: [file('server.key')],
  ca_file: [file('server.crt')],
  client_ca_file: [file('ca.crt')],
  cert_pem: [pem('server.crt')],
  key_pem: [pem('server.key')],
  ca_pem: [pem('server.crt')],
  transport: ['tcp4'],
  queue_size: [999],
  max_size: [9000],
  compression: ['zstd'],
  endpoint: [],
  sending_queue: [],
  directory: [join(folder, 'other')],
  path: [join(folder, 'a.json')],
  output_paths: [[join(folder, 'printed')]],
  save_to_file: [join(folder, 'profile')],
  contents: ['{ }'],
  file: [STRATEGIES],
  max_version: ['1.3'],
  min_version: ['1.3'],
};
/** What is off, or does without them, has no use for its other keys. */
const SWITCHES: ReadonlySet<string> = new Set(['enabled', 'keep_alives_enabled', 'disable_keep_alives', 'replay_file']);
const BESIDE: Readonly<Record<string, object>> = {
  cert_file: { key_file: file('server.key') },
  cert_pem: { key_pem: pem('server.key') },
  log_severity_number: { min: 9 },
  include: { match_type: 'strict' },
  exclude: { match_type: 'strict' },
};
const TEXTS = ['a', '/a', '127.0.0.1:1', 'http://127.0.0.1:1', '1.2', 'P256', 'TLS_AES_128_GCM_SHA256'];
const VALUES: readonly unknown[] = [
  // A number alone would be nanoseconds.
  ...['20s', '10s'],
  ...[true, false, 0.25, 1, 2, 3, 50, 100, 400_000, 10_000_000, 200_000_000],
  ...TEXTS,
  ...TEXTS.map((text) => [text]),
  { a: 'b' },
  { a: 1 },
  [{ name: 'a', value: 'b' }],
  [{ key: 'a', action: 'delete' }],
  [{ name: 'a', type: 'always_sample' }],
  [{ include: 'a', action: 'update' }],
];

function withValue(block: Block, [key = '', ...rest]: readonly string[], value: unknown): Block {
  if (rest.length === 0) return { ...block, ...BESIDE[key], [key]: value };
  return { ...block, [key]: withValue({ ...BESIDE[key], ...(block[key] as Block | undefined) }, rest, value) };
}

const isPlain = (value: unknown): value is Block =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function* pathsOf(value: Block, path = ''): Generator<[string, unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (isPlain(inner)) yield* pathsOf(inner, `${path}${key}.`);
    else if (inner !== undefined) yield [`${path}${key}`, inner];
  }
}

/** The object, which notes the paths of all that is read of it. */
function recorded(value: Block, reads: Set<string>, path = ''): Block {
  return new Proxy(value, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key !== 'string') return inner;
      reads.add(`${path}${key}`);
      return isPlain(inner) ? recorded(inner, reads, `${path}${key}.`) : inner;
    },
  });
}

/** Blocks in which each key that has an effect is set in one of them at least. */
function fullBlocks({ kind, schema, validate }: Factory, base: Block): Block[] {
  const parse = (block: Block): Block | undefined => {
    const result = schema.safeParse(block);
    return result.success && (validate?.(result.data as never) ?? []).length === 0 ? (result.data as Block) : undefined;
  };
  let left = [...leaves(schema as unknown as Schema)].filter(({ path, isIdle }) => path.length > 0 && !isIdle);
  const blocks: Block[] = [];
  for (;;) {
    let block = base;
    const later: typeof left = [];
    const singles: Block[] = [];
    for (const leaf of left) {
      const before = JSON.stringify(parse(block));
      const words = (schema.safeParse(withValue(block, leaf.path, {})).error?.issues ?? []).flatMap(
        ({ message }: { readonly message: string }) => [...message.matchAll(/"([^"]*)"/g)].map(([, word]) => word),
      );
      const value = [...(VALUES_OF[leaf.path.at(-1)!] ?? [...VALUES, ...words])].find((candidate) => {
        const parsed = parse(withValue(block, leaf.path, candidate));
        return parsed !== undefined && JSON.stringify(parsed) !== before;
      });
      if (value === undefined) later.push(leaf);
      else {
        const isSwitch = SWITCHES.has(leaf.path.at(-1)!);
        if (!isSwitch) block = withValue(block, leaf.path, value);
        const single = isSwitch || kind === 'processor' ? parse(withValue(base, leaf.path, value)) : undefined;
        if (single !== undefined) singles.push(single);
      }
    }
    blocks.push(parse(block)!, ...singles);
    if (later.length === left.length) return blocks;
    left = later;
  }
}

interface Run {
  readonly component: Component;
  readonly consumer: Consumer | undefined;
  /** What answers requests, where that is not the component. */
  readonly asked?: Component;
}

function create(factory: Factory, config: unknown, signal: Signal, settings: FakeSettings): Run {
  const next = new RecordingConsumer();
  if (factory.kind === 'receiver') {
    const component = (factory as ReceiverFactory<unknown>).create(settings, config, { [signal]: next });
    return { component, consumer: undefined };
  }
  if (factory.kind === 'extension')
    return { component: (factory as ExtensionFactory<unknown>).create(settings, config), consumer: undefined };
  if (factory.kind === 'connector') {
    const { create: make, stability } = factory as ConnectorFactory<unknown>;
    const component = make(
      settings,
      config,
      signal,
      stability.find(({ from }) => from === signal)!.to,
      new Map([['next', next]]),
    );
    return { component, consumer: component };
  }
  if (factory.kind === 'processor') {
    const component = (factory as ProcessorFactory<unknown>).create(settings, config, signal, next);
    return { component, consumer: component };
  }
  const exporterFactory = factory as ExporterFactory<unknown>;
  const asked = exporterFactory.create(settings, config, signal);
  const component = new DeliveringExporter(asked, exporterFactory.delivery?.(config), {
    ...settings,
    signal,
    ledger: settings.account.ledger(signal),
    peerLabels: exporterFactory.peerLabels?.(config, signal),
  });
  return { component, consumer: component, asked };
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

const CLIENT = { cert: pem('client.crt'), key: pem('client.key'), rejectUnauthorized: false };

/** What is read only with a connection or a request. */
async function ask(component: Component, path: string): Promise<void> {
  const { address, addresses } = component as { address?: string; addresses?: { http?: string; grpc?: string } };
  const [http, grpc] = [address ?? addresses?.http, addresses?.grpc];
  if (http !== undefined && http !== '') {
    for (const [request, scheme] of [
      [httpRequest, 'http'],
      [httpsRequest, 'https'],
    ] as const) {
      await new Promise<void>((resolve) => {
        const asked = request(`${scheme}://${http}${path}`, { ...CLIENT, agent: false }, (response) => {
          response.resume();
          response.once('close', resolve);
        });
        asked.once('error', () => resolve());
        asked.end();
      });
    }
  }
  if (grpc === undefined || grpc === '') return;
  for (const scheme of ['http', 'https']) {
    const session = connect(`${scheme}://${grpc}`, CLIENT);
    session.on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve).once('close', resolve));
    session.destroy();
  }
}

/** What begins so is read later than that. */
const LATER: Readonly<Record<string, string>> = {
  'exporter otlp_grpc client.keepalive.': 'of an open connection',
  'receiver otlp grpc.keepalive.': 'of an open connection',
  'receiver jaeger grpc.keepalive.': 'of an open connection',
  'receiver loki grpc.keepalive.': 'of an open connection',
  'receiver jaeger thriftCompact.': 'of a packet',
  'receiver jaeger thriftBinary.': 'of a packet',
  'receiver loki keepsTimestamps': 'of an entry',
  'receiver prometheus global.': 'while the file is read: the jobs have them, or files with jobs do',
  'receiver prometheus limits.': 'of an answer',
  'receiver zipkin parsesTags': 'of spans',
  'extension healthcheckv2 grpc.keepalive.': 'of an open connection',
  'extension jaegerremotesampling grpc.keepalive.': 'of an open connection',
  'extension healthcheckv2 componentHealth.': 'of a status that is an error',
  'extension health_check responseBody.': 'of an answer to someone who may look',
  'exporter otlp_http client.tls.insecure': 'where the endpoint begins with https://',
  'exporter prometheus_remote_write customBuckets': 'of a histogram',
  'exporter prometheus_remote_write client.tls.insecure': 'where the endpoint begins with https://',
  'extension bearertokenauth retry.maxRetries': 'while a file is waited for',
  'extension bearertokenauth retry.intervalMs': 'while a file is waited for',
  'extension oauth2client tls.insecure': 'where the URL begins with http://',
  'exporter file rotation.': 'of a file that is large enough',
  'exporter load_balancing client.keepalive.': 'of an open connection',
  'exporter load_balancing k8s.': 'of pods that the API of the cluster names',
  'exporter zipkin client.tls.insecure': 'where the endpoint begins with https://',
  'exporter loki client.tls.insecure': 'where the endpoint begins with https://',
  'processor k8s_attributes waitTimeoutMs': 'of a start that waits',
  'processor resource_detection blocks.': 'of detectors that are named',
  'processor resource_detection retry.': 'of detectors that failed',
  'processor probabilistic_sampler attributeSource': 'of log records with a trace id',
};
const isLater = (place: string): boolean => Object.keys(LATER).some((begin) => place.startsWith(begin));

/** So often simulated time goes on where something that was set stays unread. */
const LOOKS = 20;
/** Where files are read or a connection is made that takes its time, which a machine under load makes long. */
const PATIENT_LOOKS = 2000;
const PATIENT = new Set(['receiver otlpjsonfile', 'exporter loki']);

/** From the start over a batch and requests to the end. */
async function live(
  { component, consumer, asked = component }: Run,
  config: Block,
  signal: Signal,
  settings: FakeSettings,
  isDone: () => boolean,
  looks: number,
): Promise<void> {
  const nothing = async (): Promise<undefined> => undefined;
  const remembered = { get: nothing, set: nothing, delete: nothing, close: nothing };
  const capability = { headers: async () => ({}), open: async () => remembered };
  const host = { ...fakeHost(), extension: () => capability as never };
  await component.start(host).catch((error: unknown) => settings.logged.push(String(error)));
  consumer?.consume(sampleBatch(signal, 5)).catch(() => undefined);
  const auth = (component as Extension).capabilities?.client_auth;
  const storage = (component as Extension).capabilities?.storage;
  const client = await storage?.open({ kind: 'exporter', id: 'a', name: 'traces' }).catch(() => undefined);
  await client?.set('a', Buffer.alloc(1)).catch(() => undefined);
  await auth?.headers({}, new Set()).catch(() => undefined);
  await ask(asked, typeof config.path === 'string' ? config.path : '/metrics');
  for (let look = 0; look < looks && !isDone(); look++) {
    await settings.clock.advance(1000);
    await turns();
  }
  let hasEnded = false;
  void component.shutdown(100).finally(() => {
    hasEnded = true;
  });
  await eventually('the end', async () => {
    await settings.clock.advance(1000);
    return hasEnded;
  });
}

describe('each key is read by its component', () => {
  const known = components.sources.filter(({ kind }) => kind !== 'connector');
  test.each(known.map((source) => [`${source.kind} ${source.type}`, source] as const))('%s', async (name, source) => {
    const factory = (await source.load()) as unknown as Factory;
    const reads = new Set<string>();
    const wanted = new Set<string>();
    const bases = [BASES[name] ?? {}].flat();
    const plain = new Map(
      [...pathsOf(factory.schema.parse(bases[0]) as Block)].map(([path, value]) => [path, JSON.stringify(value)]),
    );
    let index = 0;
    for (const config of bases.flatMap((base) => fullBlocks(factory, base))) {
      const paths = [...pathsOf(config)].filter(([path, value]) => plain.get(path) !== JSON.stringify(value));
      for (const [path] of paths) wanted.add(path);
      const isDone = (): boolean => paths.every(([path]) => reads.has(path) || isLater(`${name} ${path}`));
      for (const signal of SIGNALS) {
        // Of processors each key has a block of its own too.
        if (source.kind === 'processor' && isDone()) break;
        const settings = fakeSettings({ id: source.type, stateDir: join(folder, `${name} ${index++}`) });
        const run = attempt(() => create(factory, recorded(config, reads), signal, settings));
        // Some conditions are for one signal alone.
        const looks = PATIENT.has(name) ? PATIENT_LOOKS : LOOKS;
        if (run !== undefined) await live(run, config, signal, settings, isDone, looks);
      }
    }
    const unread = [...wanted].filter((path) => !reads.has(path) && !isLater(`${name} ${path}`));
    expect(unread).toEqual([]);
    const hasKeys = [...leaves(factory.schema as unknown as Schema)].some(({ path }) => path.length > 0);
    expect(wanted.size > 0).toBe(hasKeys);
  });
});
