import type { Detector } from '../detector.ts';
import { ec2, ecs, eks, elasticBeanstalk, lambda } from './aws.ts';
import { aks, azure, azureAppService, azureContainerApps } from './azure.ts';
import {
  akamai,
  alibabaEcs,
  digitalOcean,
  hetzner,
  ibmClassic,
  ibmVpc,
  nova,
  oracleCloud,
  scaleway,
  tencentCvm,
  upcloud,
  vultr,
} from './clouds.ts';
import { consul } from './consul.ts';
import { docker } from './docker.ts';
import { dynatrace, env, heroku } from './env.ts';
import { gcp } from './gcp.ts';
import { kubeadm, kubernetesNode, openshift } from './kubernetes.ts';
import { system } from './system.ts';

/** All that there are, by name. */
export const DETECTORS: ReadonlyMap<string, Detector> = new Map(
  [
    ...[env, system, docker, kubernetesNode, { ...kubernetesNode, type: 'k8snode' }, kubeadm, openshift],
    ...[ec2, ecs, eks, lambda, elasticBeanstalk, gcp, azure, aks, azureAppService, azureContainerApps],
    ...[akamai, alibabaEcs, digitalOcean, hetzner, ibmClassic, ibmVpc, nova, oracleCloud, scaleway, tencentCvm],
    ...[upcloud, vultr, consul, heroku, dynatrace],
  ].map((detector): [string, Detector] => [detector.type, detector]),
);
