import type { Metadata } from './config.ts';
import { containerIds, type PodContainers, podContainers } from './containers.ts';
import type { FieldRules } from './fields.ts';
import type { Associations, PodIdentifier } from './identifiers.ts';
import type { KeptPod } from './kept-pod.ts';
import { type PodSurroundings, podAttributes } from './pod-attributes.ts';
import { type PreparedAttributes, prepare } from './prepared.ts';

/** A pod as telemetry is told about it. */
export interface KnownPod {
  readonly uid: string;
  readonly namespace: string;
  readonly nodeName: string;
  /** NaN before it has started: then no other pod goes before it. */
  readonly startMs: number;
  readonly isIgnored: boolean;
  readonly identifiers: readonly PodIdentifier[];
  readonly attributes: PreparedAttributes;
  readonly containers: PodContainers;
  /** UIDs of what it is run by; '' for none. */
  readonly deploymentUid: string;
  readonly replicaSetUid: string;
  readonly statefulSetUid: string;
  readonly daemonSetUid: string;
  readonly jobUid: string;
  readonly cronJobUid: string;
}

export interface PodMaker {
  readonly metadata: ReadonlySet<Metadata>;
  readonly rules: FieldRules;
  readonly associations: Associations;
  readonly excluded: (name: string) => boolean;
  readonly around: PodSurroundings;
}

export function knownPod(pod: KeptPod, { metadata, rules, associations, excluded, around }: PodMaker): KnownPod {
  const isIgnored = pod.isIgnored || excluded(pod.name);
  const attributes = isIgnored ? new Map<string, string>() : podAttributes(pod, metadata, rules, around);
  const containers = podContainers(pod, metadata);
  const uidOf = (kind: string): string => pod.owners.find((owner) => owner.kind === kind)?.uid ?? '';
  const replicaSetUid = uidOf('ReplicaSet');
  const jobUid = uidOf('Job');
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    nodeName: pod.nodeName,
    startMs: pod.startMs,
    isIgnored,
    identifiers: associations.identifiersOf(pod, (name) => attributes.get(name), containerIds(containers)),
    attributes: prepare(attributes),
    containers,
    deploymentUid: around.replicaSet(replicaSetUid)?.parent?.uid ?? '',
    replicaSetUid,
    statefulSetUid: uidOf('StatefulSet'),
    daemonSetUid: uidOf('DaemonSet'),
    jobUid,
    cronJobUid: around.job(jobUid)?.parent?.uid ?? '',
  };
}
