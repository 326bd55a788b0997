import { type AttributeCursor, attributeKey, type Chunk, VALUE_INT, VALUE_STRING } from '#pdata';
import type { Metadata } from './config.ts';
import { canonicalImage, parseImage } from './image.ts';
import type { KeptPod } from './kept-pod.ts';
import { type PreparedAttributes, prepare, setMissing } from './prepared.ts';

/** A container of a pod: what it has whichever of its runs is meant, and what belongs to one run. */
interface KnownContainer {
  readonly name: string;
  /** Of its last runs. */
  readonly ids: readonly string[];
  readonly attributes: PreparedAttributes;
  readonly runs: readonly ContainerRun[];
}

interface ContainerRun {
  readonly restarts: number;
  /** '' for none, like the digest. */
  readonly id: string;
  readonly digest: string;
}

interface Draft {
  readonly attributes: Map<string, string>;
  readonly runs: ContainerRun[];
  readonly ids: string[];
}

/** The containers of a pod. There are few: lists take less memory than maps. */
export interface PodContainers {
  readonly all: readonly KnownContainer[];
  /** The one that is meant where nothing says which. */
  readonly only: KnownContainer | undefined;
}

const NO_CONTAINERS: PodContainers = { all: [], only: undefined };
const NAME = attributeKey('k8s.container.name');
const ID = attributeKey('container.id');
const RESTARTS = attributeKey('k8s.container.restart_count');
const DIGESTS = attributeKey('container.image.repo_digests');

const OF_IMAGES: readonly Metadata[] = [
  'container.image.name',
  'container.image.tag',
  'container.image.tags',
  'service.version',
  'service.instance.id',
];

/** Reads them (client.go extractPodContainersAttributes of otelcol-contrib processor/k8sattributesprocessor@v0.160.0). */
export function podContainers(pod: KeptPod, metadata: ReadonlySet<Metadata>): PodContainers {
  if (pod.containers.length + pod.statuses.length === 0) return NO_CONTAINERS;
  const drafts = new Map<string, Draft>();
  const draft = (name: string): Draft => {
    const known = drafts.get(name) ?? { attributes: new Map(), runs: [], ids: [] };
    drafts.set(name, known);
    return known;
  };
  if (OF_IMAGES.some((name) => metadata.has(name))) {
    for (const { name = '', image = '' } of pod.containers) addImage(draft(name).attributes, image, metadata);
  }
  for (const { name = '', containerID = '', imageID = '', restartCount = 0 } of pod.statuses) {
    const { attributes, runs, ids } = draft(name);
    if (metadata.has('k8s.container.name')) attributes.set('k8s.container.name', name);
    if (metadata.has('service.instance.id'))
      attributes.set('service.instance.id', `${pod.namespace}.${pod.name}.${name}`);
    // Without the runtime before it.
    const parts = containerID.split('://');
    const id = parts.length === 2 ? parts[1]! : containerID;
    ids.push(id);
    const digest = metadata.has('container.image.repo_digests') ? (canonicalImage(imageID) ?? '') : '';
    const isKnownRun = metadata.has('container.id') || metadata.has('container.image.repo_digests');
    if (isKnownRun) runs.push({ restarts: restartCount, id: metadata.has('container.id') ? id : '', digest });
  }
  const all = Array.from(drafts, ([name, { attributes, runs, ids }]): KnownContainer => {
    const set = new Map([...attributes].filter(([, value]) => value !== ''));
    return { name, ids, attributes: prepare(set), runs };
  });
  const ids = new Set(all.flatMap((container) => container.ids));
  const isOnly = ids.size === 1 ? (one: KnownContainer) => one.ids.length > 0 : () => all.length === 1;
  return { all, only: all.findLast(isOnly) };
}

/** What identifies the pod's containers. */
export function containerIds({ all }: PodContainers): string[] {
  return [...new Set(all.flatMap(({ ids }) => ids))];
}

function addImage(attributes: Map<string, string>, image: string, metadata: ReadonlySet<Metadata>): void {
  const reference = parseImage(image);
  if (reference === undefined) return;
  if (metadata.has('container.image.name')) attributes.set('container.image.name', reference.repository);
  if (metadata.has('container.image.tag')) attributes.set('container.image.tag', reference.tag);
  if (metadata.has('service.version')) attributes.set('service.version', reference.version ?? '');
}

/** Adds what is known of the container that the resource names, or of the only one. */
export function setContainer(attributes: AttributeCursor, containers: PodContainers, chunk: Chunk): void {
  const container = containerOf(attributes, containers);
  if (container === undefined) return;
  setMissing(attributes, container.attributes, chunk);
  const restarts = runOf(attributes, container);
  const run = container.runs.findLast((one) => one.restarts === restarts);
  if (run === undefined) return;
  if (run.id !== '' && !attributes.has(ID)) attributes.set(ID, run.id);
  if (run.digest !== '' && !attributes.has(DIGESTS)) attributes.set(DIGESTS, [run.digest]);
}

function containerOf(attributes: AttributeCursor, { all, only }: PodContainers): KnownContainer | undefined {
  const name = attributes.getText(NAME);
  if (name) return all.find((one) => one.name === name);
  const id = attributes.getText(ID);
  return id ? all.findLast(({ ids }) => ids.includes(id)) : only;
}

/** The restart count of the run that is meant, by default the highest, which in most cases runs now; -1 where none can be told. */
function runOf(attributes: AttributeCursor, { runs }: KnownContainer): number {
  const given = attributes.getPrepared(RESTARTS);
  if (given === undefined) return runs.reduce((last, { restarts }) => Math.max(last, restarts), -1);
  const count = attributes.get(RESTARTS);
  if (given.type === VALUE_STRING) return /^[+-]?\d+$/.test(count as string) ? Number(count) : -1;
  return given.type === VALUE_INT ? Number(count) : -1;
}
