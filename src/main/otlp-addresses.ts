import { type MapNode, nodeAt } from '#config';

/** Keyed by protocol: `host:port` as the configuration has it. */
export interface OtlpAddresses {
  readonly grpc?: string;
  readonly http?: string;
}

const DEFAULT_PORTS = [
  ['grpc', 4317],
  ['http', 4318],
] as const;

/** Where OTLP can be sent: the first receiver of each protocol that a pipeline uses. For the lines at start, and for the console. */
export function otlpAddresses(root: MapNode): OtlpAddresses {
  const receivers = nodeAt(root, ['receivers']);
  if (receivers?.kind !== 'map') return {};
  const used = usedReceivers(root);
  const found: { grpc?: string; http?: string } = {};
  for (const id of receivers.entries.keys()) {
    if (id.split('/')[0]!.trim() !== 'otlp' || !used.has(id)) continue;
    for (const [protocol, port] of DEFAULT_PORTS) {
      const block = nodeAt(receivers, [id, 'protocols', protocol]);
      if (block === undefined || found[protocol] !== undefined) continue;
      const endpoint = nodeAt(block, ['endpoint']);
      const isGiven = endpoint?.kind === 'scalar' && endpoint.value !== null;
      found[protocol] = isGiven ? String(endpoint.value) : `localhost:${port}`;
    }
  }
  return found;
}

/** A receiver that no pipeline names is not started. */
function usedReceivers(root: MapNode): ReadonlySet<string> {
  const used = new Set<string>();
  const pipelines = nodeAt(root, ['service', 'pipelines']);
  if (pipelines?.kind !== 'map') return used;
  for (const pipeline of pipelines.entries.keys()) {
    const ids = nodeAt(pipelines, [pipeline, 'receivers']);
    if (ids?.kind !== 'list') continue;
    for (const id of ids.items) if (id.kind === 'scalar') used.add(String(id.value));
  }
  return used;
}

/** The ports of both; one that is free to choose (0), or of a socket, is nobody's to know beforehand. */
export function otlpPorts({ grpc, http }: OtlpAddresses): { readonly grpcPort?: number; readonly httpPort?: number } {
  const [grpcPort, httpPort] = [portOf(grpc), portOf(http)];
  return { ...(grpcPort !== undefined && { grpcPort }), ...(httpPort !== undefined && { httpPort }) };
}

function portOf(address: string | undefined): number | undefined {
  const port = Number(/:(\d{1,5})$/.exec(address ?? '')?.[1]);
  return port > 0 ? port : undefined;
}
