import { todayType } from '../renames.ts';
import type { Edit, EditPath } from './edit.ts';

/** A pipeline as the changes so far have left it. */
export interface EditedPipeline {
  readonly id: string;
  readonly signal: string;
  readonly path: EditPath;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

const PIPELINES = ['service', 'pipelines'] as const;

export function pipelinesOf(edit: Edit): EditedPipeline[] {
  return edit.keys(PIPELINES).map((id) => {
    const path = [...PIPELINES, id];
    return {
      id,
      path,
      signal: id.split('/')[0]!.trim(),
      receivers: edit.list([...path, 'receivers']),
      processors: edit.list([...path, 'processors']),
      exporters: edit.list([...path, 'exporters']),
    };
  });
}

export function typeOf(section: 'receivers' | 'processors' | 'exporters' | 'connectors', id: string): string {
  return todayType(section, id.split('/')[0]!.trim());
}

/** Takes its data from services, and not from other pipelines alone. */
export function takesFromOutside(edit: Edit, { receivers }: EditedPipeline): boolean {
  const defined = edit.keys(['receivers']);
  return receivers.some((id) => defined.includes(id));
}

/** Puts a processor in front of the first one of these types, or at the end. */
export function putBefore(edit: Edit, pipeline: EditedPipeline, processor: string, types: readonly string[]): void {
  const at = pipeline.processors.findIndex((id) => types.includes(typeOf('processors', id)));
  const index = at < 0 ? pipeline.processors.length : at;
  setProcessors(edit, pipeline, pipeline.processors.toSpliced(index, 0, processor));
}

/** Puts a processor behind memory_limiter, which stands first, or first. */
export function putFirst(edit: Edit, pipeline: EditedPipeline, processor: string): void {
  const limiter = pipeline.processors.findIndex((id) => typeOf('processors', id) === 'memory_limiter');
  setProcessors(edit, pipeline, pipeline.processors.toSpliced(limiter + 1, 0, processor));
}

export function setProcessors(edit: Edit, { path }: EditedPipeline, processors: readonly string[]): void {
  const list = [...path, 'processors'];
  if (processors.length === 0) edit.remove(list);
  else if (edit.node(list) === undefined) edit.set(list, `[${processors.join(', ')}]`, 'exporters');
  else edit.setList(list, processors);
}

/** A key that the map at `path` does not have. */
export function freeId(edit: Edit, path: EditPath, wanted: string): string {
  const taken = edit.keys(path);
  for (let number = 1; ; number++) {
    const id = number === 1 ? wanted : `${wanted}_${number}`;
    if (!taken.includes(id)) return id;
  }
}

/** Makes a section of components in front of `service`, where there is none. */
export function defineSection(edit: Edit, section: string): void {
  if (edit.node([section]) === undefined) edit.set([section], '', 'service');
}

/** Lists an extension under `service::extensions`, which is made where there is none. */
export function listExtension(edit: Edit, id: string): void {
  const path = ['service', 'extensions'];
  const listed = edit.list(path);
  if (listed.includes(id)) return;
  if (edit.node(path) === undefined) edit.set(path, `[${id}]`, 'pipelines');
  else edit.setList(path, [...listed, id]);
}

/** Defines an extension and lists it. */
export function addExtension(edit: Edit, id: string, yaml: string): void {
  defineSection(edit, 'extensions');
  edit.set(['extensions', id], yaml);
  listExtension(edit, id);
}

/** The one whose series Prometheus reads, else the first. */
export function metricsPipeline(edit: Edit): EditedPipeline | undefined {
  const all = pipelinesOf(edit).filter(({ signal }) => signal === 'metrics');
  return (
    all.find(({ exporters }) => exporters.some((one) => typeOf('exporters', one).startsWith('prometheus'))) ?? all[0]
  );
}
