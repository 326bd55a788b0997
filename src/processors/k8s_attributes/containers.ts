import { type AttributeCursor, attributeKey, type Chunk, VALUE_INT, VALUE_STRING } from '#pdata';
import type { Metadata } from './config.ts';
import { canonicalImage, parseImage } from './image.ts';
import type { KeptPod } from './kept-pod.ts';
import { type PreparedAttributes, prepare, setMissing } from './prepared.ts';

/** A container of a pod: what it has whichever of its runs is meant, and what belongs to one run. */
interface KnownContainer {
  readonly attributes: PreparedAttributes;
  /** By restart count. */
  readonly runs: ReadonlyMap<number, ContainerRun>;
  /** The highest restart count, which in most cases runs now; -1 for none. */
  readonly lastRun: number;
}

interface ContainerRun {
  /** '' for none, like the digest. */
  readonly id: string;
  readonly digest: string;
}

interface Draft {
  readonly attributes: Map<string, string>;
  readonly runs: Map<number, ContainerRun>;
  readonly ids: string[];
}

/** The containers of a pod, by name and by id. */
export interface PodContainers {
  readonly byName: ReadonlyMap<string, KnownContainer>;
  readonly byId: ReadonlyMap<string, KnownContainer>;
}

const NO_CONTAINERS: PodContainers = { byName: new Map(), byId: new Map() };
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
    const known = drafts.get(name) ?? { attributes: new Map(), runs: new Map(), ids: [] };
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
    if (isKnownRun) runs.set(restartCount, { id: metadata.has('container.id') ? id : '', digest });
  }
  const byName = new Map<string, KnownContainer>();
  const byId = new Map<string, KnownContainer>();
  for (const [name, { attributes, runs, ids }] of drafts) {
    const set = new Map([...attributes].filter(([, value]) => value !== ''));
    const container = { attributes: prepare(set), runs, lastRun: Math.max(-1, ...runs.keys()) };
    byName.set(name, container);
    for (const id of ids) byId.set(id, container);
  }
  return { byName, byId };
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
  const run = container.runs.get(runOf(attributes, container));
  if (run === undefined) return;
  if (run.id !== '' && !attributes.has(ID)) attributes.set(ID, run.id);
  if (run.digest !== '' && !attributes.has(DIGESTS)) attributes.set(DIGESTS, [run.digest]);
}

function containerOf(attributes: AttributeCursor, { byName, byId }: PodContainers): KnownContainer | undefined {
  const name = attributes.getText(NAME);
  if (name) return byName.get(name);
  const id = attributes.getText(ID);
  if (id) return byId.get(id);
  if (byId.size === 1) return byId.values().next().value;
  return byName.size === 1 ? byName.values().next().value : undefined;
}

/** -1 where none can be told. */
function runOf(attributes: AttributeCursor, { lastRun }: KnownContainer): number {
  const given = attributes.getPrepared(RESTARTS);
  if (given === undefined) return lastRun;
  const count = attributes.get(RESTARTS);
  if (given.type === VALUE_STRING) return /^[+-]?\d+$/.test(count as string) ? Number(count) : -1;
  return given.type === VALUE_INT ? Number(count) : -1;
}
