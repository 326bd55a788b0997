import { type AnyValue, ArenaWriter, AttributeCursor } from '#pdata';

/** Attributes to be written: plain ones, or those of an owner in another batch. */
export type AttributesInput =
  | { readonly [key: string]: AnyValue }
  | Iterable<readonly [string, AnyValue]>
  | AttributeCursor;

/** Whose telemetry it is, and which library made it. */
export interface GroupInput {
  readonly resource?: AttributesInput;
  readonly resourceDroppedAttributesCount?: number;
  readonly resourceSchemaUrl?: string;
  readonly scope?: {
    readonly name?: string;
    readonly version?: string;
    readonly attributes?: AttributesInput;
    readonly droppedAttributesCount?: number;
  };
  readonly scopeSchemaUrl?: string;
}

const RESOURCE = { attributes: 1, droppedAttributesCount: 2 } as const;
const SCOPE = { name: 1, version: 2, attributes: 3, droppedAttributesCount: 4 } as const;
/** The messages of a request: groups = 1 { resource = 1, scopes = 2 { scope = 1, items = 2, schema_url = 3 }, schema_url = 3 }. */
const GROUP = 1;
const INFO = 1;
const SCOPES = 2;
const SCHEMA_URL = 3;

/** Writes the attributes as KeyValue messages in field `field`. */
export function writeAttributes(out: ArenaWriter, field: number, attributes: AttributesInput | undefined): void {
  if (attributes === undefined) return;
  if (attributes instanceof AttributeCursor) {
    attributes.writeTo(out, field);
    return;
  }
  const entries = isIterable(attributes) ? attributes : Object.entries(attributes);
  for (const [key, value] of entries) out.attribute(field, key, value);
}

function isIterable(attributes: object): attributes is Iterable<readonly [string, AnyValue]> {
  return Symbol.iterator in attributes;
}

/** A resource and scope with the items that are added to it. */
export class Group {
  readonly #input: GroupInput;
  /** The items, each in field 2. */
  protected readonly items: ArenaWriter = new ArenaWriter(4096);

  constructor(input: GroupInput) {
    this.#input = input;
  }

  /** Whether the group is left out of what is made: one that is used again and got nothing this time. */
  get isLeftOut(): boolean {
    return false;
  }

  write(out: ArenaWriter): void {
    const {
      resource,
      scope,
      resourceDroppedAttributesCount = 0,
      resourceSchemaUrl = '',
      scopeSchemaUrl = '',
    } = this.#input;
    const group = out.begin(GROUP);
    const info = out.begin(INFO);
    writeAttributes(out, RESOURCE.attributes, resource);
    out.uintField(RESOURCE.droppedAttributesCount, resourceDroppedAttributesCount);
    out.end(info);
    const scopes = out.begin(SCOPES);
    const library = out.begin(INFO);
    out.textField(SCOPE.name, scope?.name ?? '');
    out.textField(SCOPE.version, scope?.version ?? '');
    writeAttributes(out, SCOPE.attributes, scope?.attributes);
    out.uintField(SCOPE.droppedAttributesCount, scope?.droppedAttributesCount ?? 0);
    out.end(library);
    out.raw(this.items.view());
    out.textField(SCHEMA_URL, scopeSchemaUrl);
    out.end(scopes);
    out.textField(SCHEMA_URL, resourceSchemaUrl);
    out.end(group);
  }
}

/** Builds the request of a signal, group by group. */
export class RequestBuilder<G extends Group> {
  readonly #make: (input: GroupInput) => G;
  /** Of the last body: the next one is about as long, and isn't copied as it grows. */
  #lastBytes = 0;
  protected readonly groups: Set<G> = new Set();

  constructor(make: (input: GroupInput) => G) {
    this.#make = make;
  }

  group(input: GroupInput = {}): G {
    const group = this.#make(input);
    this.groups.add(group);
    return group;
  }

  /** Takes out a group for good. */
  remove(group: G): void {
    this.groups.delete(group);
  }

  /** All that was added, as the signal's Export…ServiceRequest. */
  body(): Uint8Array {
    const out = new ArenaWriter(Math.max(16_384, this.#lastBytes + (this.#lastBytes >>> 4)));
    for (const group of this.groups) if (!group.isLeftOut) group.write(out);
    this.#lastBytes = out.length;
    return out.take();
  }
}

/** An id as bytes or in hexadecimal; nothing for none. */
export function writeId(out: ArenaWriter, field: number, id: string | Uint8Array | undefined): void {
  if (id === undefined || id.length === 0) return;
  out.bytesField(field, typeof id === 'string' ? Buffer.from(id, 'hex') : id);
}
