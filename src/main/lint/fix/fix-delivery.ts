import { isMap } from 'yaml';
import type { LintFile } from '../lint-file.ts';
import { QUEUED } from '../rules-delivery.ts';
import type { Edit } from './edit.ts';
import { addExtension, listExtension, pipelinesOf, setProcessors, typeOf } from './pipelines.ts';

/** These answer when they have the data: nothing waits in front of them. */
const WITHOUT_QUEUE = ['prometheus', 'debug', 'file', 'signalbox', 'nop'];

/** Batches and queues at the exporters, kept over a restart; extensions that are missing. */
export function fixDelivery(file: LintFile, edit: Edit): void {
  moveBatches(edit);
  keepQueues(file, edit);
  listExtensions(edit);
  addHealthCheck(edit);
}

function moveBatches(edit: Edit): void {
  const connectors = edit.keys(['connectors']);
  for (const pipeline of pipelinesOf(edit)) {
    const batch = pipeline.processors.find((id) => typeOf('processors', id) === 'batch');
    if (batch === undefined) continue;
    const place = ['processors', batch];
    const others = pipeline.exporters.filter((id) => {
      const type = typeOf('exporters', id);
      return !connectors.includes(id) && !QUEUED.includes(type) && !WITHOUT_QUEUE.includes(type);
    });
    if (others.length > 0 || edit.list([...place, 'metadata_keys']).length > 0) {
      const why = others.length > 0 ? `${others.join(', ')} may have no batches of its own` : 'it has metadata_keys';
      edit.say('left', place, `processors::${batch}: stays in the pipeline ${pipeline.id}: ${why}`);
      continue;
    }
    const queued = pipeline.exporters.filter(
      (id) => !connectors.includes(id) && QUEUED.includes(typeOf('exporters', id)),
    );
    for (const id of queued) addBatch(edit, id, batch);
    setProcessors(
      edit,
      pipeline,
      pipeline.processors.filter((id) => id !== batch),
    );
    edit.say('advice', place, `processors::${batch}: taken out of the pipeline ${pipeline.id}${saidOf(queued)}`);
  }
  for (const id of edit.keys(['processors'])) {
    const isUsed = pipelinesOf(edit).some(({ processors }) => processors.includes(id));
    const wasMoved = edit.changes.some(({ message }) => message.startsWith(`processors::${id}: taken out`));
    if (!isUsed && wasMoved) edit.remove(['processors', id]);
  }
}

function saidOf(queued: readonly string[]): string {
  return queued.length === 0
    ? '; nothing there needs it'
    : `; ${queued.join(', ')} puts batches together in sending_queue, where nothing is lost unseen`;
}

function addBatch(edit: Edit, exporter: string, batch: string): void {
  const path = ['exporters', exporter, 'sending_queue'];
  if (edit.node([...path, 'batch']) !== undefined || edit.text([...path, 'enabled']) === 'false') return;
  const lines = ['sizer: items'];
  const from = (key: string, to: string): void => {
    const value = edit.text(['processors', batch, key]);
    if (value !== undefined) lines.push(`${to}: ${value}`);
  };
  from('send_batch_size', 'min_size');
  from('send_batch_max_size', 'max_size');
  from('timeout', 'flush_timeout');
  edit.set([...path, 'batch'], `${lines.join('\n')}\n`);
}

const STORAGE = 'file_storage';

function keepQueues(file: LintFile, edit: Edit): void {
  const exporters = file.used('exporters', ...QUEUED).filter(({ id }) => {
    const queue = ['exporters', id, 'sending_queue'];
    return edit.text([...queue, 'storage']) === undefined && edit.text([...queue, 'enabled']) !== 'false';
  });
  if (exporters.length === 0) return;
  const known = edit.keys(['extensions']).find((id) => id.split('/')[0] === STORAGE);
  const id = known ?? STORAGE;
  for (const exporter of exporters) {
    edit.set(['exporters', exporter.id, 'sending_queue', 'storage'], id);
    edit.say(
      'advice',
      ['exporters', exporter.id],
      `exporters::${exporter.id}: sending_queue is kept by ${id}, over a restart`,
    );
  }
  if (known !== undefined) listExtension(edit, known);
  else {
    addExtension(edit, STORAGE, 'directory: /var/lib/otelcol/file_storage\ncreate_directory: true\n');
    edit.say(
      'advice',
      ['service'],
      `extensions::${STORAGE}: added, in /var/lib/otelcol/file_storage, which must outlive the process: in Kubernetes, a volume`,
    );
  }
}

/** One that is defined and not listed does nothing. */
function listExtensions(edit: Edit): void {
  const listed = edit.list(['service', 'extensions']);
  if (edit.node(['extensions']) !== undefined && !isMap(edit.node(['extensions']))) return;
  for (const id of edit.keys(['extensions'])) {
    if (listed.includes(id)) continue;
    listExtension(edit, id);
    edit.say('advice', ['extensions', id], `extensions::${id}: listed in service::extensions; it did nothing`);
  }
}

function addHealthCheck(edit: Edit): void {
  if (edit.list(['service', 'extensions']).some((id) => /^health_?check(v2)?(\/|$)/.test(id))) return;
  const isPod = pipelinesOf(edit).some(({ processors }) =>
    processors.some((id) => typeOf('processors', id) === 'k8s_attributes'),
  );
  addExtension(edit, 'health_check', isPod ? 'endpoint: 0.0.0.0:13133' : '');
  edit.say('advice', ['service'], 'extensions::health_check: added on port 13133, for probes');
}
