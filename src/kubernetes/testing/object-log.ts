import { type KubernetesObject, keyOf } from '../objects.ts';

/** A change of one object: what etcd has of it. */
export interface ObjectChange {
  /** Of the whole store, counted up by each change. */
  readonly version: number;
  readonly plural: string;
  readonly object: KubernetesObject;
  /** As it was before; undefined for a new one. */
  readonly before: KubernetesObject | undefined;
  readonly isDeleted: boolean;
}

/** All objects and how they came to be so, as the store behind the API has it: what was can be read until it is compacted. */
export class ObjectLog {
  readonly #changes: ObjectChange[] = [];
  readonly #now = new Map<string, KubernetesObject>();
  version = 1000;
  /** Nothing is known of versions before. */
  compactedVersion = 0;

  /** Makes an object or replaces the one of its name. Returns the change. */
  put(plural: string, object: KubernetesObject): ObjectChange {
    const key = `${plural}/${keyOf(object)}`;
    const before = this.#now.get(key);
    const version = ++this.version;
    const stored = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: object.metadata?.uid ?? before?.metadata?.uid ?? `uid-of-${keyOf(object)}`,
        resourceVersion: String(version),
      },
    };
    this.#now.set(key, stored);
    return this.#note({ version, plural, object: stored, before, isDeleted: false });
  }

  /** Throws where there is none. */
  remove(plural: string, key: string): ObjectChange {
    const before = this.#now.get(`${plural}/${key}`);
    if (before === undefined) throw new Error(`there is no ${plural} "${key}"`);
    this.#now.delete(`${plural}/${key}`);
    const version = ++this.version;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    return this.#note({ version, plural, object, before, isDeleted: true });
  }

  #note(change: ObjectChange): ObjectChange {
    this.#changes.push(change);
    return change;
  }

  /** The objects of a kind as they were at a version, in order of their keys. */
  at(plural: string, version: number): KubernetesObject[] {
    const found = new Map<string, KubernetesObject>();
    for (const change of this.#changes) {
      if (change.version > version || change.plural !== plural) continue;
      const key = keyOf(change.object);
      if (change.isDeleted) found.delete(key);
      else found.set(key, change.object);
    }
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** What has changed since. */
  after(plural: string, version: number): ObjectChange[] {
    return this.#changes.filter((change) => change.version > version && change.plural === plural);
  }
}
