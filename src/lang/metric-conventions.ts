/**
 * Names of the same metric in OpenTelemetry's semantic conventions, that of today first, as conventions.ts has them for attributes.
 * Source: the schema file 1.44.0 of the conventions (`rename_metrics`, `rename_attributes` of `apply_to_metrics`), their registry of
 * deprecated metrics and the migration guides for HTTP, databases, RPC and Kubernetes. Metrics that became one with others, as those of
 * messaging did, are not among them: what one of them says is not what the other says.
 */
export interface ConventionMetric {
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'upDownCounter';
  readonly names: readonly (readonly [name: string, unit: string])[];
  /** Names of its attributes, that of today first. They go before those that hold for all metrics. */
  readonly attributes: readonly (readonly string[])[];
}

type Names = ConventionMetric['names'];
const histogram = (names: Names, attributes: ConventionMetric['attributes'] = []): ConventionMetric => ({
  kind: 'histogram',
  names,
  attributes,
});
/** All names in one unit. */
const of =
  (kind: ConventionMetric['kind']) =>
  (unit: string, names: readonly string[], attributes: ConventionMetric['attributes'] = []): ConventionMetric => ({
    kind,
    names: names.map((name) => [name, unit]),
    attributes,
  });
const counter = of('counter');
const gauge = of('gauge');
const upDown = of('upDownCounter');

const SERVER = [
  ['server.address', 'net.host.name'],
  ['server.port', 'net.host.port'],
];
const CLIENT = [
  ['server.address', 'net.peer.name'],
  ['server.port', 'net.peer.port'],
];
const POOL = ['db.client.connection.pool.name', 'db.client.connections.pool.name', 'pool.name'];
const MEMORY_POOL = [
  ['jvm.memory.type', 'type'],
  ['jvm.memory.pool.name', 'pool'],
];
const BUFFER_POOL = [['jvm.buffer.pool.name', 'pool']];
const DISK = [
  ['system.device', 'device'],
  ['disk.io.direction', 'system.disk.io.direction', 'system.disk.direction', 'direction'],
];
const NETWORK = [
  ['network.interface.name', 'system.device', 'device'],
  ['network.io.direction', 'system.network.io.direction', 'system.network.direction', 'direction'],
];
const CPU_MODE = ['cpu.mode', 'system.cpu.state', 'process.cpu.state', 'container.cpu.state', 'state'];
const CPU = [CPU_MODE, ['cpu.logical_number', 'system.cpu.logical_number', 'cpu']];
const FILE_SYSTEM = [
  ['system.device', 'device'],
  ['system.filesystem.state', 'state'],
  ['system.filesystem.type', 'type'],
  ['system.filesystem.mode', 'mode'],
  ['system.filesystem.mountpoint', 'mountpoint'],
];

const HTTP: readonly ConventionMetric[] = [
  histogram(
    [
      ['http.server.request.duration', 's'],
      ['http.server.duration', 'ms'],
      ['http.server.duration', 's'],
    ],
    SERVER,
  ),
  histogram(
    [
      ['http.client.request.duration', 's'],
      ['http.client.duration', 'ms'],
      ['http.client.duration', 's'],
    ],
    CLIENT,
  ),
  ...['request', 'response'].flatMap((side) => [
    histogram(
      [
        [`http.server.${side}.body.size`, 'By'],
        [`http.server.${side}.size`, 'By'],
      ],
      SERVER,
    ),
    histogram(
      [
        [`http.client.${side}.body.size`, 'By'],
        [`http.client.${side}.size`, 'By'],
      ],
      CLIENT,
    ),
  ]),
  upDown('{request}', ['http.server.active_requests'], SERVER),
];

const RPC: readonly ConventionMetric[] = [
  histogram(
    [
      ['rpc.server.call.duration', 's'],
      ['rpc.server.duration', 'ms'],
    ],
    SERVER,
  ),
  histogram(
    [
      ['rpc.client.call.duration', 's'],
      ['rpc.client.duration', 'ms'],
    ],
    CLIENT,
  ),
];

const DATABASES: readonly ConventionMetric[] = [
  upDown(
    '{connection}',
    ['db.client.connection.count', 'db.client.connections.usage'],
    [POOL, ['db.client.connection.state', 'db.client.connections.state', 'state']],
  ),
  ...['idle.max', 'idle.min', 'max'].map((what) =>
    upDown('{connection}', [`db.client.connection.${what}`, `db.client.connections.${what}`], [POOL]),
  ),
  upDown('{request}', ['db.client.connection.pending_requests', 'db.client.connections.pending_requests'], [POOL]),
  counter('{timeout}', ['db.client.connection.timeouts', 'db.client.connections.timeouts'], [POOL]),
  ...['create_time', 'wait_time', 'use_time'].map((what) =>
    histogram(
      [
        [`db.client.connection.${what}`, 's'],
        [`db.client.connections.${what}`, 'ms'],
      ],
      [POOL],
    ),
  ),
];

const MESSAGING: readonly ConventionMetric[] = [
  counter('{message}', [
    'messaging.client.sent.messages',
    'messaging.client.published.messages',
    'messaging.publish.messages',
  ]),
];

const JVM: readonly ConventionMetric[] = [
  upDown('By', ['jvm.memory.used', 'jvm.memory.usage', 'process.runtime.jvm.memory.usage'], MEMORY_POOL),
  ...['committed', 'limit', 'init'].map((what) =>
    upDown('By', [`jvm.memory.${what}`, `process.runtime.jvm.memory.${what}`], MEMORY_POOL),
  ),
  upDown(
    'By',
    [
      'jvm.memory.used_after_last_gc',
      'jvm.memory.usage_after_last_gc',
      'process.runtime.jvm.memory.usage_after_last_gc',
    ],
    MEMORY_POOL,
  ),
  histogram(
    [
      ['jvm.gc.duration', 's'],
      ['process.runtime.jvm.gc.duration', 'ms'],
    ],
    [
      ['jvm.gc.name', 'name', 'gc'],
      ['jvm.gc.action', 'action'],
    ],
  ),
  upDown(
    '{thread}',
    ['jvm.thread.count', 'process.runtime.jvm.threads.count'],
    [['jvm.thread.daemon', 'thread.daemon', 'daemon']],
  ),
  counter('{class}', ['jvm.class.loaded', 'process.runtime.jvm.classes.loaded']),
  counter('{class}', ['jvm.class.unloaded', 'process.runtime.jvm.classes.unloaded']),
  upDown('{class}', ['jvm.class.count', 'process.runtime.jvm.classes.current_loaded']),
  counter('s', ['jvm.cpu.time', 'process.runtime.jvm.cpu.time']),
  gauge('1', [
    'jvm.cpu.recent_utilization',
    'process.runtime.jvm.cpu.recent_utilization',
    'process.runtime.jvm.cpu.utilization',
  ]),
  gauge('1', ['jvm.system.cpu.utilization', 'process.runtime.jvm.system.cpu.utilization']),
  gauge('{run_queue_item}', ['jvm.system.cpu.load_1m', 'process.runtime.jvm.system.cpu.load_1m']),
  upDown('By', ['jvm.buffer.memory.used', 'jvm.buffer.memory.usage', 'process.runtime.jvm.buffer.usage'], BUFFER_POOL),
  upDown('By', ['jvm.buffer.memory.limit', 'process.runtime.jvm.buffer.limit'], BUFFER_POOL),
  upDown('{buffer}', ['jvm.buffer.count', 'process.runtime.jvm.buffer.count'], BUFFER_POOL),
];

const V8: readonly ConventionMetric[] = [
  upDown('By', ['v8js.memory.heap.space.available_size', 'v8js.heap.space.available_size']),
  upDown('By', ['v8js.memory.heap.space.physical_size', 'v8js.heap.space.physical_size']),
  upDown('By', ['v8js.memory.heap.space.size', 'v8js.memory.heap.limit']),
];

const HOSTS: readonly ConventionMetric[] = [
  counter('s', ['system.cpu.time'], CPU),
  gauge('1', ['system.cpu.utilization'], CPU),
  counter('s', ['process.cpu.time'], [CPU_MODE]),
  gauge('1', ['process.cpu.utilization'], [CPU_MODE]),
  counter('s', ['container.cpu.time'], [CPU_MODE]),
  upDown('By', ['system.memory.usage'], [['system.memory.state', 'state']]),
  gauge('1', ['system.memory.utilization'], [['system.memory.state', 'state']]),
  upDown('By', ['system.memory.linux.shared', 'system.memory.shared']),
  upDown('By', ['system.memory.linux.available', 'system.linux.memory.available']),
  upDown(
    'By',
    ['system.memory.linux.slab.usage', 'system.linux.memory.slab.usage'],
    [['system.memory.linux.slab.state', 'linux.memory.slab.state']],
  ),
  counter('By', ['system.disk.io'], DISK),
  counter('{operation}', ['system.disk.operations'], DISK),
  counter('s', ['system.disk.operation_time'], DISK),
  counter('By', ['system.network.io'], NETWORK),
  counter('{error}', ['system.network.errors'], NETWORK),
  counter('{packet}', ['system.network.packet.dropped', 'system.network.dropped'], NETWORK),
  counter('{packet}', ['system.network.packet.count', 'system.network.packets'], NETWORK),
  upDown(
    '{connection}',
    ['system.network.connection.count', 'system.network.connections'],
    [
      ['network.connection.state', 'system.network.state', 'state'],
      ['network.transport', 'network.protocol', 'protocol'],
    ],
  ),
  upDown('By', ['system.filesystem.usage'], FILE_SYSTEM),
  gauge('1', ['system.filesystem.utilization'], FILE_SYSTEM),
  upDown(
    '{process}',
    ['system.process.count', 'system.processes.count'],
    [['process.state', 'system.process.status', 'system.processes.status', 'status']],
  ),
  counter('{process}', ['system.process.created', 'system.processes.created']),
  upDown('{thread}', ['process.thread.count', 'process.threads']),
  upDown('{file_descriptor}', [
    'process.unix.file_descriptor.count',
    'process.open_file_descriptor.count',
    'process.open_file_descriptors',
  ]),
];

/** Kubernetes' counts of pods: what is counted came before the unit once. */
const podsOf = (owner: string, states: readonly string[]): ConventionMetric[] =>
  states.map((state) => upDown('{pod}', [`k8s.${owner}.pod.${state}`, `k8s.${owner}.${state}_pods`]));

const KUBERNETES: readonly ConventionMetric[] = [
  ...podsOf('deployment', ['desired', 'available']),
  ...podsOf('replicaset', ['desired', 'available']),
  ...podsOf('statefulset', ['desired', 'ready', 'current', 'updated']),
  ...podsOf('hpa', ['desired', 'current', 'max', 'min']),
  ...podsOf('job', ['active', 'failed', 'successful', 'desired_successful']),
  upDown('{pod}', ['k8s.job.pod.max_parallel', 'k8s.job.max_parallel_pods']),
  ...['desired', 'available'].map((state) =>
    upDown('{pod}', [
      `k8s.replicationcontroller.pod.${state}`,
      `k8s.replicationcontroller.${state}_pods`,
      `k8s.replication_controller.${state}_pods`,
    ]),
  ),
  ...['current_scheduled', 'desired_scheduled', 'misscheduled', 'ready'].map((state) =>
    upDown('{node}', [`k8s.daemonset.node.${state}`, `k8s.daemonset.${state}_nodes`]),
  ),
  upDown('{job}', ['k8s.cronjob.job.active', 'k8s.cronjob.active_jobs']),
  upDown('{cpu}', ['k8s.node.cpu.allocatable', 'k8s.node.allocatable.cpu']),
  upDown('By', ['k8s.node.memory.allocatable', 'k8s.node.allocatable.memory']),
  upDown('By', ['k8s.node.ephemeral_storage.allocatable', 'k8s.node.allocatable.ephemeral_storage']),
  upDown('{pod}', ['k8s.node.pod.allocatable', 'k8s.node.allocatable.pods']),
  ...['limit', 'request'].flatMap((what) => [
    upDown('{cpu}', [`k8s.container.cpu.${what}.desired`, `k8s.container.cpu.${what}`]),
    gauge('1', [`k8s.container.cpu.${what}.utilization`, `k8s.container.cpu.${what}_utilization`]),
    upDown('By', [`k8s.container.memory.${what}.desired`, `k8s.container.memory.${what}`]),
  ]),
  ...['k8s.node', 'k8s.pod', 'container'].map((owner) =>
    counter('{fault}', [`${owner}.paging.faults`, `${owner}.memory.paging.faults`]),
  ),
];

export const METRIC_NAMES: readonly ConventionMetric[] = [
  ...HTTP,
  ...RPC,
  ...DATABASES,
  ...MESSAGING,
  ...JVM,
  ...V8,
  ...HOSTS,
  ...KUBERNETES,
];

/** Metrics that otelcol said of itself before 0.110, by the beginning of their names, and what tells the same today. */
export const GONE_COLLECTOR_METRICS: ReadonlyMap<string, string> = new Map([
  ['otelcol_processor_dropped', 'otelcol_exporter_send_failed'],
  ['otelcol_processor_refused', 'otelcol_processor_memory_limiter_refused'],
  ['otelcol_processor_accepted', 'otelcol_processor_memory_limiter_accepted'],
]);
