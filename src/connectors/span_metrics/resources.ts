import { ByteMap } from '#base';
import { type AnyValue, type AttributeCursor, attributeKey, isMarked, type SpanChunk, valueJson } from '#pdata';
import type { MetricsBuilder } from '#wire';
import type { SpanMetricsConfig } from './config.ts';
import { serviceIdentity } from './own-durations.ts';
import { ResourceMetrics } from './series.ts';

/** Resources are known again by their bytes: what these may take. */
const KNOWN_LIMIT_BYTES = 4 * 1024 * 1024;
const SERVICE_NAME = attributeKey('service.name');
const SERVICE_NAMESPACE = attributeKey('service.namespace');
const SCOPE_NAME = 'spanmetricsconnector';

/** The resources whose spans are counted: as many as the configuration allows, the one whose last span is the longest ago leaves first. */
export class Resources {
  readonly #config: SpanMetricsConfig;
  readonly #builder: MetricsBuilder;
  /** By the text of the attributes that make the identity; the one whose last span is the longest ago first. */
  readonly #byKey = new Map<string, ResourceMetrics>();
  /** By the bytes of its message: most are found so, without being read. Some that it has are gone. */
  #byBytes = new ByteMap<{ owner: ResourceMetrics }>(KNOWN_LIMIT_BYTES);
  #scratch = new Uint8Array(1024);
  /** Forgotten, and still owed a last point. */
  readonly #gone = new Set<ResourceMetrics>();
  #count = 0;

  constructor(config: SpanMetricsConfig, builder: MetricsBuilder) {
    this.#config = config;
    this.#builder = builder;
  }

  /** The metrics of a chunk's resource, which becomes the one that was seen last; null for one without a service name. */
  of(chunk: SpanChunk, resource: number, nowMs: number): ResourceMetrics | null {
    const owner = isMarked(chunk.modifiedResources, resource)
      ? this.#read(chunk, resource)
      : this.#known(chunk, resource);
    if (owner === null) return null;
    owner.lastSeenMs = nowMs;
    this.#byKey.delete(owner.key);
    this.#byKey.set(owner.key, owner);
    return owner;
  }

  #known(chunk: SpanChunk, resource: number): ResourceMetrics | null {
    const start = chunk.layout.resourceStart[resource]!;
    const end = chunk.layout.resourceEnd[resource]!;
    const length = end - start;
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length * 2);
    const bytes = this.#scratch;
    for (let i = 0; i < length; i++) bytes[i] = chunk.arena[start + i]!;
    const entry = this.#byBytes.get(bytes, length);
    if (entry !== undefined && !entry.owner.isGone) return entry.owner;
    const owner = this.#read(chunk, resource);
    if (owner === null) return null;
    if (entry !== undefined) entry.owner = owner;
    else if (!this.#byBytes.add(bytes, length, { owner })) {
      this.#byBytes = new ByteMap<{ owner: ResourceMetrics }>(KNOWN_LIMIT_BYTES);
      this.#byBytes.add(bytes, length, { owner });
    }
    return owner;
  }

  #read(chunk: SpanChunk, resource: number): ResourceMetrics | null {
    const attributes = chunk.resourceAttributes.of(resource);
    if (!attributes.has(SERVICE_NAME)) return null;
    const all = attributes.toObject();
    const { resourceKeyAttributes } = this.#config;
    const identity: { [name: string]: AnyValue } =
      resourceKeyAttributes.length === 0
        ? all
        : Object.fromEntries(Object.entries(all).filter(([name]) => resourceKeyAttributes.includes(name)));
    const key = valueJson(identity);
    return this.#byKey.get(key) ?? this.#add(key, attributes);
  }

  #add(key: string, attributes: AttributeCursor): ResourceMetrics {
    const group = this.#builder.group({ resource: [...attributes.entries()], scope: { name: SCOPE_NAME } });
    const serviceName = attributes.getText(SERVICE_NAME) ?? '';
    const service = serviceIdentity(attributes.getText(SERVICE_NAMESPACE) ?? '', serviceName);
    const owner = new ResourceMetrics({ key, number: ++this.#count, serviceName, service }, group, this.#config);
    if (this.#byKey.size >= this.#config.resourcesLimit) this.#forget(this.#byKey.values().next().value!);
    return owner;
  }

  /** The name of the service that a resource is of. */
  serviceOf(chunk: SpanChunk, resource: number): string {
    return chunk.resourceAttributes.of(resource).getText(SERVICE_NAME) ?? '';
  }

  /** What it had until now is in one more point. */
  #forget(owner: ResourceMetrics): void {
    this.#byKey.delete(owner.key);
    this.#gone.add(owner);
    owner.isGone = true;
  }

  /** Those that are kept, and those that are owed a last point. */
  *all(): Generator<ResourceMetrics> {
    yield* this.#byKey.values();
    yield* this.#gone;
  }

  /** Forgets those without a span since then. */
  forgetBefore(ms: number): void {
    for (const owner of [...this.#byKey.values()]) if (owner.lastSeenMs <= ms) this.#forget(owner);
  }

  /** Those that were forgotten have had their last point. */
  dropGone(): void {
    for (const owner of this.#gone) this.#builder.remove(owner.group);
    this.#gone.clear();
  }
}
