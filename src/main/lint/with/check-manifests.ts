import { type ConfigNode, nodeAt } from '#config';
import type { Finding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { checkAccount } from './check-account.ts';
import { type Companion, itemsAt, keysAt, type Manifest, textAt } from './companion.ts';
import { type Listener, listenersOf } from './listeners.ts';
import { POD, type Workload, warn, workloadsIn } from './workload.ts';

/** Images older than this know none of today's names of types. */
const OLD_MINOR = 144;
const NEWEST = '0.161.0';

/** Whether Kubernetes would run the collector so that it does what its configuration says. */
export function checkManifests(file: LintFile, text: string, companions: readonly Companion[]): Finding[] {
  const manifests = companions.flatMap((companion) => companion.manifests);
  const listeners = listenersOf(file);
  return workloadsIn(manifests).flatMap((workload) => [
    ...checkPorts(workload, manifests, listeners),
    ...checkConfigMap(workload, manifests),
    ...checkEnvironment(workload, file, text),
    ...checkProbes(workload, listeners),
    ...checkCopies(workload, file),
    ...checkDisruptions(workload, manifests),
    ...checkImage(workload),
    ...checkMemory(workload, file),
    ...checkStorage(workload, file),
    ...checkAccount(workload, manifests, file),
  ]);
}

function checkPorts(
  { manifest, container, path }: Workload,
  manifests: readonly Manifest[],
  listeners: readonly Listener[],
): Finding[] {
  const ports = itemsAt(container, 'ports').map((port) => ({
    number: Number(textAt(port, 'containerPort')),
    name: textAt(port, 'name'),
    host: textAt(port, 'hostPort'),
  }));
  const findings: Finding[] = [];
  const open = listeners.filter(({ isLocal }) => !isLocal);
  for (const [index, { number }] of ports.entries()) {
    const here = [...path, 'ports', index];
    const its = listeners.find(({ port }) => port === number);
    if (its === undefined)
      findings.push(
        warn(
          manifest,
          'idle-port',
          here,
          `nothing listens on port ${number}: the configuration's are ${open.map(({ port }) => port).join(', ')}`,
        ),
      );
    else if (its.isLocal)
      findings.push(
        warn(
          manifest,
          'idle-port',
          here,
          `${its.owner} listens on port ${number} for its own pod alone; give it the endpoint 0.0.0.0:${number}`,
        ),
      );
  }
  for (const { port, owner } of open) {
    if (ports.some(({ number }) => number === port)) continue;
    findings.push(
      warn(
        manifest,
        'unnamed-port',
        [...path, 'ports'],
        `port ${port}, on which ${owner} listens, is not among its ports`,
      ),
    );
  }
  const labels = nodeAt(manifest.root, ['spec', 'template', 'metadata', 'labels']);
  const services = manifests.filter(
    ({ kind, namespace, root }) =>
      kind === 'Service' && namespace === manifest.namespace && selects(labels, nodeAt(root, ['spec', 'selector'])),
  );
  if (services.length === 0 && !ports.some(({ host }) => host !== undefined) && open.length > 0) {
    findings.push(
      warn(
        manifest,
        'no-service',
        [...path, 'ports'],
        'no Service selects its pods and no port has a hostPort: nobody can send to it by a name',
      ),
    );
  }
  for (const service of services) {
    for (const [index, port] of itemsAt(service.root, 'spec', 'ports').entries()) {
      const target = textAt(port, 'targetPort') ?? textAt(port, 'port') ?? '';
      const number = ports.find(({ name }) => name === target)?.number ?? Number(target);
      if (open.some((one) => one.port === number)) continue;
      findings.push(
        warn(
          service,
          'idle-port',
          ['spec', 'ports', index],
          `goes to port ${target} of ${manifest.name}, where nothing listens`,
        ),
      );
    }
  }
  return findings;
}

/** Each label of a selector is one of the pods'. */
function selects(labels: ConfigNode | undefined, selector: ConfigNode | undefined): boolean {
  const keys = keysAt(selector);
  return keys.length > 0 && keys.every((key) => textAt(selector, key) === textAt(labels, key));
}

function checkConfigMap({ manifest, container, path }: Workload, manifests: readonly Manifest[]): Finding[] {
  const given = itemsAt(container, 'args').flatMap(
    (item) => /^--config[= ]?(.*)$/.exec(textAt(item) ?? '')?.[1] ?? [],
  )[0];
  return itemsAt(manifest.root, ...POD, 'volumes').flatMap((volume, index) => {
    const name = textAt(volume, 'configMap', 'name');
    if (name === undefined) return [];
    const here = [...POD, 'volumes', index];
    const map = manifests.find(
      (one) => one.kind === 'ConfigMap' && one.name === name && one.namespace === manifest.namespace,
    );
    if (map === undefined)
      return [
        warn(
          manifest,
          'no-config-map',
          here,
          `the ConfigMap ${name} is in none of the files: its pods wait for it and don't start`,
        ),
      ];
    const mounts = itemsAt(container, 'volumeMounts').filter(
      (mount) => textAt(mount, 'name') === textAt(volume, 'name'),
    );
    const folder = textAt(mounts[0], 'mountPath');
    if (given === undefined || folder === undefined || !given.startsWith(`${folder}/`)) return [];
    const key = given.slice(folder.length + 1);
    if (keysAt(map.root, 'data').includes(key) || itemsAt(volume, 'configMap', 'items').length > 0) return [];
    return [
      warn(
        manifest,
        'no-config-map',
        [...path, 'args'],
        `${given} will not be there: the ConfigMap ${name} has ${keysAt(map.root, 'data').join(', ')}`,
      ),
    ];
  });
}

function checkEnvironment({ manifest, container, path }: Workload, file: LintFile, text: string): Finding[] {
  const given = itemsAt(container, 'env').map((item) => textAt(item, 'name'));
  if (itemsAt(container, 'envFrom').length > 0) return [];
  const asked = [
    ...file.used('processors', 'k8s_attributes').flatMap((one) => {
      const name = one.value('filter', 'node_from_env_var');
      return typeof name === 'string' && name !== '' ? [{ name, why: `${one.id} finds its node by it` }] : [];
    }),
    ...Array.from(text.matchAll(/(?<!\$)\$\{(?:env:)?([A-Za-z_]\w*)\}/g), ([, name]) => ({
      name: name!,
      why: 'the configuration asks for it',
    })),
  ];
  const missing = new Map(asked.filter(({ name }) => !given.includes(name)).map(({ name, why }) => [name, why]));
  return Array.from(missing, ([name, why]) =>
    warn(manifest, 'no-variable', [...path, 'env'], `has no variable ${name}: ${why}`),
  );
}

function checkProbes({ manifest, container, path }: Workload, listeners: readonly Listener[]): Finding[] {
  const health = listeners.find(({ owner }) => owner.startsWith('extensions::health_check'));
  const missing = ['livenessProbe', 'readinessProbe'].filter((probe) => nodeAt(container, [probe]) === undefined);
  const findings: Finding[] = [];
  if (missing.length > 0) {
    const where =
      health === undefined
        ? 'add the extension health_check for it'
        : `httpGet on port ${health.port} asks health_check`;
    findings.push(warn(manifest, 'no-probes', path, `has no ${missing.join(' and no ')}; ${where}`));
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const port = Number(textAt(container, probe, 'httpGet', 'port'));
    if (!Number.isInteger(port) || port === 0) continue;
    const its = listeners.find((one) => one.port === port);
    if (its !== undefined && !its.isLocal) continue;
    const why =
      its === undefined
        ? `nothing listens on port ${port}`
        : `${its.owner} listens on port ${port} for its own pod alone`;
    findings.push(warn(manifest, 'failing-probe', [...path, probe], `${probe} fails for ever: ${why}`));
  }
  return findings;
}

function checkCopies({ manifest }: Workload, file: LintFile): Finding[] {
  const sampler = file.used('processors', 'tail_sampling')[0];
  if (sampler === undefined) return [];
  const replicas = Number(textAt(manifest.root, 'spec', 'replicas') ?? 1);
  if (manifest.kind !== 'DaemonSet' && replicas < 2) return [];
  const copies = manifest.kind === 'DaemonSet' ? 'there is one on each node' : `there are ${replicas} of them`;
  const text =
    `${copies}, and ${sampler.id} in each sees a part of every trace; ` +
    'let agents send by load_balancing with routing_key: traceID to collectors that sample';
  return [warn(manifest, 'split-traces', manifest.kind === 'DaemonSet' ? ['kind'] : ['spec', 'replicas'], text)];
}

/** Several copies of a collector are there to take each other's place: a drain of nodes must not take all at once. */
function checkDisruptions({ manifest }: Workload, manifests: readonly Manifest[]): Finding[] {
  const replicas = Number(textAt(manifest.root, 'spec', 'replicas') ?? 1);
  if (manifest.kind === 'DaemonSet' || replicas < 2) return [];
  const labels = nodeAt(manifest.root, ['spec', 'template', 'metadata', 'labels']);
  const isGuarded = manifests.some(
    ({ kind, root, namespace }) =>
      kind === 'PodDisruptionBudget' &&
      namespace === manifest.namespace &&
      selects(labels, nodeAt(root, ['spec', 'selector', 'matchLabels'])),
  );
  if (isGuarded) return [];
  const text = 'no PodDisruptionBudget selects its pods: a drain of nodes may stop all of them at once';
  return [warn(manifest, 'no-disruption-budget', ['spec', 'replicas'], text)];
}

function checkImage({ manifest, container, path }: Workload): Finding[] {
  const image = textAt(container, 'image') ?? '';
  const version = /otel\/opentelemetry-collector.*:v?0\.(\d+)\./.exec(image);
  if (version === null || Number(version[1]) >= OLD_MINOR) return [];
  return [
    warn(
      manifest,
      'old-image',
      [...path, 'image'],
      `${image} is from before 0.${OLD_MINOR}, knows none of today's names, and has had no fixes since; ${NEWEST} is of today`,
    ),
  ];
}

const UNITS: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  '': 1,
};

/** What a share of the memory comes to. */
function checkMemory({ manifest, container, path }: Workload, file: LintFile): Finding[] {
  const given = textAt(container, 'resources', 'limits', 'memory');
  const parsed = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G|)$/.exec(given ?? '');
  const limiter = file.used('processors', 'memory_limiter')[0];
  if (limiter === undefined) return [];
  if (parsed === null) {
    if (limiter.number('limit_percentage') === undefined || given !== undefined) return [];
    return [
      warn(
        manifest,
        'no-memory-limit',
        path,
        `has no limit of memory, so ${limiter.id} takes its share of the whole machine's`,
      ),
    ];
  }
  const bytes = Number(parsed[1]) * UNITS[parsed[2]!]!;
  const limit = limiter.number('limit_percentage');
  const soft =
    limit === undefined
      ? ((limiter.number('limit_mib') ?? 0) -
          (limiter.number('spike_limit_mib') ?? 0.2 * (limiter.number('limit_mib') ?? 0))) *
        2 ** 20
      : ((limit - (limiter.number('spike_limit_percentage') ?? limit / 5)) / 100) * bytes;
  const text = `of ${given}, data is refused from ${Math.round(soft / 2 ** 20)} MiB on (${limiter.id}, limit less spike)`;
  const path2 = [...path, 'resources', 'limits', 'memory'];
  if (soft >= bytes)
    return [
      warn(
        manifest,
        'memory-limit',
        path2,
        `${limiter.id} allows more than ${given}: the pod is killed before it refuses anything`,
      ),
    ];
  return [{ ...warn(manifest, 'memory-limit', path2, text), level: 'note' }];
}

/** A queue that is to outlive the process must be on a volume that does. */
function checkStorage({ manifest, container, path }: Workload, file: LintFile): Finding[] {
  return file.used('extensions', 'file_storage').flatMap((storage) => {
    const directory = String(storage.value('directory') ?? '/var/lib/otelcol/file_storage');
    const mount = itemsAt(container, 'volumeMounts').find((one) =>
      `${directory}/`.startsWith(`${textAt(one, 'mountPath')?.replace(/\/$/, '')}/`),
    );
    const name = textAt(mount, 'name');
    const volume = itemsAt(manifest.root, ...POD, 'volumes').find((one) => textAt(one, 'name') === name);
    const isClaimed = itemsAt(manifest.root, 'spec', 'volumeClaimTemplates').some(
      (one) => textAt(one, 'metadata', 'name') === name,
    );
    if (mount !== undefined && (isClaimed || (volume !== undefined && nodeAt(volume, ['emptyDir']) === undefined)))
      return [];
    const why = mount === undefined ? 'is on no volume' : 'is on an emptyDir';
    return [
      warn(
        manifest,
        'queue-volume',
        [...path, 'volumeMounts'],
        `${directory} of ${storage.id} ${why}: queues are lost with the pod; mount a hostPath or a claim`,
      ),
    ];
  });
}
