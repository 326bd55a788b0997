import type { Finding } from './finding.ts';
import type { LintComponent, LintFile } from './lint-file.ts';

/** Exporters with a queue of their own. */
export const QUEUED: readonly string[] = ['otlp_grpc', 'otlp_http', 'loki', 'load_balancing', 'zipkin'];
/** The share of a limit that is left to its spike: from more on, data is refused long before memory is short. */
const SPIKE_SHARE_MAX = 0.34;

export function deliveryRules(file: LintFile): Finding[] {
  return [
    ...file.used('processors', 'memory_limiter').flatMap(softLimit),
    ...file.used('processors', 'batch').map(batchInPipelines),
    ...file.used('exporters', ...QUEUED).flatMap(queueInMemory),
    ...healthCheck(file),
    ...publicAddresses(file),
    ...plainText(file),
    ...kubernetesAttributes(file),
  ];
}

function softLimit(limiter: LintComponent): Finding[] {
  const [limit, spike, unit] =
    limiter.number('limit_mib') === undefined
      ? [limiter.number('limit_percentage'), limiter.number('spike_limit_percentage'), '%']
      : [limiter.number('limit_mib'), limiter.number('spike_limit_mib'), ' MiB'];
  if (limit === undefined || spike === undefined || spike <= limit * SPIKE_SHARE_MAX) return [];
  const path = unit === '%' ? 'spike_limit_percentage' : 'spike_limit_mib';
  const usual = unit === '%' ? 'limit_percentage: 80 and spike_limit_percentage: 20' : 'a fifth of the limit';
  const text = `the limit less its spike, ${limit - spike}${unit} of memory, is where data begins to be refused; ${usual} is usual`;
  return [limiter.warn('soft-limit', [path], text)];
}

function batchInPipelines(batch: LintComponent): Finding {
  const text =
    'in otelcol it answers before anything is sent and swallows what goes wrong then; here it waits for the outcome; write ' +
    'sending_queue: {batch: {}} at the exporters in its place';
  return batch.warn('batch-processor', [], text);
}

function queueInMemory(exporter: LintComponent): Finding[] {
  const queue = exporter.node('sending_queue');
  const isOff = exporter.value('sending_queue', 'enabled') === false;
  if (isOff || exporter.value('sending_queue', 'storage') !== undefined) return [];
  const path = queue === undefined ? [] : ['sending_queue'];
  const text =
    'what waits to be sent is in memory and lost in a restart; sending_queue: {storage: file_storage} keeps it';
  return [exporter.warn('queue-in-memory', path, text)];
}

function healthCheck(file: LintFile): Finding[] {
  const has = file.document.service.extensions.some((id) => /^health_?check(v2)?(\/|$)/.test(id));
  if (has) return [];
  const text =
    'service::extensions: nothing tells a probe whether the collector is well; add the extension health_check and list it here';
  const place = file.root.entries.get('service')?.keyPlace ?? file.root.place;
  return [{ level: 'warning', rule: 'no-health-check', message: text, place }];
}

const EVERYWHERE = /^(0\.0\.0\.0|\[::\]|::|\*)?:\d+$/;

/** Listeners on all addresses that let in whoever reaches them. */
function publicAddresses(file: LintFile): Finding[] {
  const findings: Finding[] = [];
  const look = (component: LintComponent, path: readonly string[]): void => {
    const endpoint = component.value(...path, 'endpoint');
    if (typeof endpoint !== 'string' || !EVERYWHERE.test(endpoint)) return;
    const guarded = component.node(...path, 'tls') !== undefined || component.node(...path, 'auth') !== undefined;
    if (guarded) return;
    const text = `${endpoint} is open to everyone who reaches this machine, without TLS and without a login; set tls and auth, or listen on one address`;
    findings.push(component.warn('open-listener', [...path, 'endpoint'], text));
  };
  for (const receiver of file.used('receivers')) {
    look(receiver, []);
    const protocols = receiver.node('protocols');
    if (protocols?.kind === 'map')
      for (const protocol of protocols.entries.keys()) look(receiver, ['protocols', protocol]);
  }
  for (const exporter of file.used('exporters', 'prometheus')) look(exporter, []);
  return findings;
}

const LOOPBACK = /^(https?:\/\/)?(localhost|127\.|\[::1\])/;

/** What is sent over a network that somebody may read. */
function plainText(file: LintFile): Finding[] {
  return file.used('exporters').flatMap((exporter) => {
    if (exporter.value('tls', 'insecure') !== true || LOOPBACK.test(String(exporter.value('endpoint')))) return [];
    const text = `what goes to ${String(exporter.value('endpoint'))} can be read on the way; set tls: {ca_file: …}`;
    return [exporter.warn('plain-text', ['tls', 'insecure'], text)];
  });
}

/** Where a pod is known for one signal, the others are asked for it too. */
function kubernetesAttributes(file: LintFile): Finding[] {
  const first = file.pipelines.flatMap((pipeline) => file.processorIn(pipeline, 'k8s_attributes') ?? [])[0];
  if (first === undefined) return [];
  return file.pipelines
    .filter(
      (pipeline) =>
        file.processorIn(pipeline, 'k8s_attributes') === undefined && takesFromOutside(file, pipeline.receivers),
    )
    .map((pipeline) => {
      const text = `its items don't get the pod and node that ${first} gives to others; put ${first} into it`;
      return file.pipelineWarning('no-kubernetes-attributes', pipeline, text);
    });
}

/** What comes from another pipeline has been through that one's processors. */
function takesFromOutside(file: LintFile, receivers: readonly string[]): boolean {
  return receivers.some((id) => file.document.components.receivers.has(id));
}
