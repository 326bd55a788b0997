/** What the mock's generators make and its handlers read. */
import type { Attributes } from '#api/types.ts';

export interface MockEvent {
  readonly offsetNs: number;
  readonly name: string;
  readonly attributes: Attributes;
}

export interface MockSpan {
  readonly spanId: string;
  readonly parentId: string;
  readonly service: string;
  readonly name: string;
  /** OTLP's number. */
  readonly kind: number;
  status: number;
  statusMessage: string;
  /** From the trace's start. */
  readonly startNs: number;
  durationNs: number;
  readonly attributes: Attributes;
  readonly events: MockEvent[];
  readonly links: { traceId: string; spanId: string }[];
  readonly hint: string;
  readonly scope: string;
}

export interface MockLog {
  readonly id: string;
  readonly timeMs: number;
  readonly service: string;
  readonly severityNumber: number;
  readonly body: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface MockTrace {
  readonly traceId: string;
  readonly startMs: number;
  readonly durationNs: number;
  readonly spans: readonly MockSpan[];
  readonly logs: readonly MockLog[];
  readonly environment: string;
}

export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

export const SERVICES: Readonly<Record<string, { language: string; version: string; sdk: string }>> = {
  'web-gateway': { language: 'nodejs', version: '4.12.0', sdk: '2.12.1' },
  orders: { language: 'nodejs', version: '2.31.4', sdk: '2.12.1' },
  payments: { language: 'python', version: '1.9.2', sdk: '1.41.0' },
  inventory: { language: 'go', version: '0.44.0', sdk: '1.39.0' },
  catalog: { language: 'python', version: '3.2.0', sdk: '1.41.0' },
  accounts: { language: 'go', version: '1.18.3', sdk: '1.39.0' },
  'shipping-worker': { language: 'python', version: '0.8.1', sdk: '1.41.0' },
  notifications: { language: 'nodejs', version: '1.4.0', sdk: '2.12.1' },
};

export function resourceOf(service: string, environment: string): Attributes {
  const about = SERVICES[service]!;
  return {
    'service.name': service,
    'service.namespace': 'shop',
    'service.version': about.version,
    'deployment.environment.name': environment,
    'telemetry.sdk.language': about.language,
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': about.sdk,
    'host.name': `${service}-6d9f7c5b8-x2k4q`,
    'k8s.namespace.name': 'shop',
    'k8s.pod.name': `${service}-6d9f7c5b8-x2k4q`,
    'process.pid': 17,
  };
}
