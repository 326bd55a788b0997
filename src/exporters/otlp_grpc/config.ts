import { deliveryShape, grpcClientShape, type Schema, strictObject, toDelivery, toGrpcClient } from '#config';
import { grpcTarget } from '#net';
import type { OtlpGrpcExporterConfig } from '../shared/otlp-grpc.ts';

export const otlpGrpcExporterSchema: Schema<OtlpGrpcExporterConfig> = strictObject({
  ...grpcClientShape({ compression: 'gzip' }),
  ...deliveryShape(),
}).transform((raw) => ({ client: toGrpcClient(raw), delivery: toDelivery(raw) }));

type Mistake = { readonly path: readonly (string | number)[]; readonly message: string };

export function validateOtlpGrpcExporter(config: OtlpGrpcExporterConfig): readonly Mistake[] {
  const { client } = config;
  const mistakes: Mistake[] = [];
  if (client.endpoint === '') {
    mistakes.push({ path: ['endpoint'], message: 'requires a non-empty "endpoint"' });
  } else if (grpcTarget(client.endpoint) === undefined) {
    const message = `expected host:port, http://…, https://…, dns:///… or unix://…, got "${client.endpoint}"`;
    mistakes.push({ path: ['endpoint'], message });
  }
  if (client.balancerName !== 'round_robin' && client.balancerName !== 'pick_first') {
    const message = `invalid balancer_name: ${client.balancerName}; must be round_robin or pick_first`;
    mistakes.push({ path: ['balancer_name'], message });
  }
  if (client.middlewares.length > 0) mistakes.push(unsupported('middlewares', 'take the block out'));
  return mistakes;
}

function unsupported(key: string, wayOut: string): Mistake {
  return { path: [key], message: `no extension offers ${key} yet; ${wayOut}` };
}
