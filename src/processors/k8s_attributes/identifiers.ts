import { isIP } from 'node:net';
import { type AttributeCursor, type AttributeKey, attributeKey } from '#pdata';
import type { AssociationSource } from './config.ts';
import type { KeptPod } from './kept-pod.ts';

/**
 * What pods are found by: the sources of a rule with their values, as one text. Values come from outside, so each stands behind its length:
 * none can look like the end of another.
 */
export type PodIdentifier = string;

function part(from: string, name: string): string {
  return `${from}/${name}=`;
}
function valued(source: string, value: string): string {
  return `${source}${value.length}:${value};`;
}

const CONNECTION = part('connection', '');
const POD_UID = part('resource_attribute', 'k8s.pod.uid');
const POD_IP = part('resource_attribute', 'k8s.pod.ip');

export function uidIdentifier(uid: string): PodIdentifier {
  return valued(POD_UID, uid);
}

/** How the sender of a batch is identified. */
export interface Identified {
  /** '' where nothing identifies the pod. */
  readonly identifier: PodIdentifier;
  /** Which sources it is made of, for the metric: `resource_attribute/k8s.pod.name+resource_attribute/k8s.namespace.name`. */
  readonly sources: string;
  /** The address that stands for the connection; '' where the rule has none. */
  readonly connectionIp: string;
}

interface Source extends AssociationSource {
  readonly part: string;
  readonly key: AttributeKey;
}

const NOBODY: Identified = { identifier: '', sources: '', connectionIp: '' };
const HOST_NAME = 'host.name';
const KEY_POD_IP = attributeKey('k8s.pod.ip');
const KEY_IP = attributeKey('ip');
const KEY_HOST = attributeKey(HOST_NAME);

/** Finds out which pod a resource comes from (pod_association.go of otelcol-contrib processor/k8sattributesprocessor@v0.160.0). */
export class Associations {
  readonly #rules: readonly { readonly sources: readonly Source[]; readonly name: string }[];

  constructor(associations: readonly (readonly AssociationSource[])[]) {
    this.#rules = associations.map((sources) => ({
      sources: sources.map((source) => ({
        ...source,
        part: part(source.from, source.name),
        key: attributeKey(source.name),
      })),
      name: sources.map(({ from, name }) => (name === '' ? from : `${from}/${name}`)).join('+'),
    }));
  }

  /** `peerIp` is '' where the sender is not known. */
  identify(attributes: AttributeCursor, peerIp: string): Identified {
    if (this.#rules.length === 0) return identifyUsually(attributes, peerIp);
    for (const { sources, name } of this.#rules) {
      let identifier = '';
      let connectionIp = '';
      let isResolved = true;
      for (const source of sources) {
        const value = givenValue(source, attributes, peerIp);
        if (value === undefined) continue;
        isResolved &&= value !== '';
        if (source.from === 'connection') connectionIp ||= value;
        identifier += valued(source.part, value);
      }
      // As there: a rule without sources that anybody knows ends the search, and finds nothing.
      if (isResolved) return isKnown(sources[0]) ? { identifier, sources: name, connectionIp } : NOBODY;
    }
    return NOBODY;
  }

  /** What a pod is found by. */
  identifiersOf(
    pod: KeptPod,
    attribute: (name: string) => string | undefined,
    containerIds: readonly string[],
  ): PodIdentifier[] {
    const found: PodIdentifier[] = [];
    for (const { sources } of this.#rules) {
      let prefixes = [''];
      let hasContainer = false;
      let isResolved = true;
      for (const source of sources) {
        if (!isKnown(source)) continue;
        if (source.from === 'resource_attribute' && source.name === 'container.id') {
          hasContainer = true;
          prefixes = prefixes.flatMap((prefix) => containerIds.map((id) => prefix + valued(source.part, id)));
          continue;
        }
        const value = podValue(source, pod, attribute);
        const isMissing =
          source.from === 'connection' ? value === '' || pod.isHostNetwork : value === '' && !hasContainer;
        isResolved &&= !isMissing;
        prefixes = prefixes.map((prefix) => prefix + valued(source.part, value));
      }
      if (isResolved) found.push(...prefixes);
    }
    if (pod.uid !== '') found.push(uidIdentifier(pod.uid));
    // Pods of the host's network have its address, all of them.
    if (pod.ip !== '' && !pod.isHostNetwork) found.push(valued(CONNECTION, pod.ip), valued(POD_IP, pod.ip));
    return [...new Set(found)];
  }
}

function isKnown(source: AssociationSource | undefined): boolean {
  return source?.from === 'connection' || source?.from === 'resource_attribute';
}

/** '' where it is missing; undefined for a source that nobody knows. */
function givenValue(source: Source, attributes: AttributeCursor, peerIp: string): string | undefined {
  if (!isKnown(source)) return undefined;
  if (source.from === 'connection') return peerIp;
  const value = attributes.getText(source.key) ?? '';
  // Many a host is called by a name; only an address is a pod's.
  return source.name === HOST_NAME && isIP(value) === 0 ? '' : value;
}

function podValue(
  { from, name }: AssociationSource,
  pod: KeptPod,
  attribute: (name: string) => string | undefined,
): string {
  if (from === 'connection') return pod.ip;
  switch (name) {
    case 'k8s.namespace.name':
      return pod.namespace;
    case 'k8s.pod.name':
      return pod.name;
    case 'k8s.pod.uid':
      return pod.uid;
    case HOST_NAME:
    case 'k8s.pod.ip':
      return pod.ip;
    default:
      return attribute(name) ?? '';
  }
}

/** Without rules an address decides, wherever it comes from. */
function identifyUsually(attributes: AttributeCursor, peerIp: string): Identified {
  const ip = attributes.getText(KEY_POD_IP) || attributes.getText(KEY_IP) || peerIp || hostAddress(attributes);
  if (ip === '') return NOBODY;
  return { identifier: valued(CONNECTION, ip), sources: 'connection', connectionIp: ip };
}

function hostAddress(attributes: AttributeCursor): string {
  const host = attributes.getText(KEY_HOST) ?? '';
  return isIP(host) === 0 ? '' : host;
}

/** The address in `host:port` as Go prints it: without brackets and zone, and an IPv4 address that came over IPv6 as such. */
export function peerAddress(peer: string | undefined): string {
  if (peer === undefined) return '';
  const colon = peer.lastIndexOf(':');
  const host = (colon < 0 ? peer : peer.slice(0, colon)).replace(/^\[|\]$|%.*$/g, '');
  return host.startsWith('::ffff:') && isIP(host.slice(7)) === 4 ? host.slice(7) : host;
}
