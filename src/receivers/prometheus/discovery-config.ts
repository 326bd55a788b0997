import type { z } from 'zod';
import {
  integer,
  list,
  mapOf,
  oneOf,
  type PromHttpConfig,
  prometheusDuration,
  promHttpMistakes,
  promHttpShape,
  type ShapeOf,
  scalarText,
  strictObject,
  text,
  toPromHttp,
} from '#config';
import { type KubernetesDiscoveryConfig, kubernetesConfig } from './kubernetes-config.ts';

/** Where the targets of a job come from. */
export interface DiscoveryConfig {
  readonly groups: readonly StaticGroup[];
  readonly files: readonly FileDiscoveryConfig[];
  readonly http: readonly HttpDiscoveryConfig[];
  readonly dns: readonly DnsDiscoveryConfig[];
  readonly kubernetes: readonly KubernetesDiscoveryConfig[];
}
export interface StaticGroup {
  readonly targets: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
}
export interface FileDiscoveryConfig {
  readonly files: readonly string[];
  readonly refreshMs: number;
}
export interface HttpDiscoveryConfig {
  readonly url: string;
  readonly refreshMs: number;
  readonly http: PromHttpConfig;
}
export interface DnsDiscoveryConfig {
  readonly names: readonly string[];
  readonly type: 'A' | 'AAAA' | 'SRV' | 'MX' | 'NS';
  readonly port: number;
  readonly refreshMs: number;
}
/** Those of Prometheus that are not here: each is refused by its name. */
const OTHERS: ReadonlySet<string> = new Set(
  `aws azure consul digitalocean docker dockerswarm ec2 ecs elasticache eureka gce hetzner ionos kuma
   lightsail linode marathon msk nerve nomad openstack outscale ovhcloud puppetdb rds scaleway serverset stackit
   triton uyuni vultr`.split(/\s+/),
);

export interface RawDiscovery {
  readonly static_configs: readonly StaticGroup[];
  readonly file_sd_configs: readonly FileDiscoveryConfig[];
  readonly http_sd_configs: readonly HttpDiscoveryConfig[];
  readonly dns_sd_configs: readonly DnsDiscoveryConfig[];
  readonly kubernetes_sd_configs: readonly KubernetesDiscoveryConfig[];
  readonly relabel_configs?: readonly unknown[];
}

function refresh(usual: string): z.ZodType<number | undefined> {
  return prometheusDuration()
    .optional()
    .meta({ description: 'how often it is looked at again', defaultText: `\`${usual}\`` });
}

const staticConfig: z.ZodType<StaticGroup> = strictObject({
  targets: list(scalarText()).describe('`host:port` each'),
  labels: mapOf(scalarText()).describe('of all of them'),
});

const FILE_NAME = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/;
const fileConfig: z.ZodType<FileDiscoveryConfig> = strictObject({
  files: list(text()).describe('in JSON or YAML; the last part of a path may have `*`'),
  refresh_interval: refresh('5m'),
})
  .superRefine(({ files }, context) => {
    if (files.length === 0) {
      context.addIssue({ code: 'custom', path: ['files'], message: 'must contain at least one path name' });
    }
    files.forEach((file, i) => {
      if (FILE_NAME.test(file)) return;
      context.addIssue({
        code: 'custom',
        path: ['files', i],
        message: `path name "${file}" is not valid for file discovery`,
      });
    });
  })
  .transform((raw) => ({ files: raw.files, refreshMs: raw.refresh_interval || 300_000 }));

const httpConfig: z.ZodType<HttpDiscoveryConfig> = strictObject({
  url: text().describe('answers with a JSON list of `{ targets, labels }`'),
  refresh_interval: refresh('1m'),
  ...promHttpShape,
})
  .superRefine((raw, context) => {
    if (!/^https?:\/\/[^/]/.test(raw.url) || !URL.canParse(raw.url)) {
      context.addIssue({
        code: 'custom',
        path: ['url'],
        message: "URL scheme must be 'http' or 'https', and a host is required",
      });
    }
    for (const { path, message } of promHttpMistakes(raw))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .transform((raw) => ({ url: raw.url, refreshMs: raw.refresh_interval || 60_000, http: toPromHttp(raw) }));

const dnsConfig: z.ZodType<DnsDiscoveryConfig> = strictObject({
  names: list(text()).describe('of hosts, or of SRV records'),
  type: oneOf(['SRV', 'A', 'AAAA', 'MX', 'NS'], 'SRV').describe('of the records'),
  port: integer(0, { min: 0, max: 65_535 }).describe('of the targets; SRV records have it themselves'),
  refresh_interval: refresh('30s'),
})
  .superRefine(({ names, type, port }, context) => {
    if (names.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['names'],
        message: 'DNS-SD config must contain at least one SRV record name',
      });
    }
    if (type !== 'SRV' && port === 0) {
      context.addIssue({
        code: 'custom',
        path: ['port'],
        message: 'a port is required in DNS-SD configs for all record types except SRV',
      });
    }
  })
  .transform((raw) => ({
    names: raw.names,
    type: raw.type,
    port: raw.port,
    refreshMs: raw.refresh_interval || 30_000,
  }));

/** The keys, for a job. Read them with `toDiscovery`. */
export const discoveryShape: ShapeOf<Omit<RawDiscovery, 'relabel_configs'>> = {
  static_configs: list(staticConfig).describe('targets that are always there'),
  file_sd_configs: list(fileConfig).describe('targets that files name, which are read again when they change'),
  http_sd_configs: list(httpConfig).describe('targets that an HTTP endpoint names'),
  dns_sd_configs: list(dnsConfig).describe('targets that DNS names'),
  kubernetes_sd_configs: list(kubernetesConfig).describe('targets that a cluster has'),
};

export function toDiscovery(raw: RawDiscovery): DiscoveryConfig {
  return {
    groups: raw.static_configs,
    files: raw.file_sd_configs,
    http: raw.http_sd_configs,
    dns: raw.dns_sd_configs,
    kubernetes: raw.kubernetes_sd_configs,
  };
}

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function discoveryMistakes(raw: RawDiscovery): Mistake[] {
  // Relabelling may make an address of anything.
  if ((raw.relabel_configs ?? []).length > 0) return [];
  return raw.static_configs.flatMap(({ targets }, i) =>
    targets.flatMap((target, j) =>
      target.includes('/')
        ? [{ path: ['static_configs', i, 'targets', j], message: `"${target}" is not a valid hostname` }]
        : [],
    ),
  );
}

/** Says of each kind of discovery that is not here that it isn't, by its name, and takes its key out. */
export function withoutOthers(value: unknown, refuse: (key: string, message: string) => void): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const kind = /^(.*)_sd_configs$/.exec(key)?.[1];
    if (kind !== undefined && OTHERS.has(kind)) {
      refuse(key, `targets are not found by ${kind} here; use file_sd_configs or http_sd_configs with what finds them`);
    } else kept[key] = entry;
  }
  return kept;
}
