/** The lines that make a service send its telemetry here. */

export type SnippetLanguage = 'node' | 'python' | 'go' | 'curl';

export const SNIPPETS: readonly { readonly id: SnippetLanguage; readonly title: string }[] = [
  { id: 'node', title: 'Node' },
  { id: 'python', title: 'Python' },
  { id: 'go', title: 'Go' },
  { id: 'curl', title: 'curl' },
];

interface Address {
  readonly host: string;
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** `nowMs` dates the span that curl sends; it must lie in the console's default range. */
export function snippet(
  language: SnippetLanguage,
  { host, httpPort, grpcPort }: Address,
  nowMs: number = Date.now(),
): string {
  const http = `http://${host}:${httpPort}`;
  switch (language) {
    case 'node':
      return [
        'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node',
        `export OTEL_SERVICE_NAME=my-service OTEL_EXPORTER_OTLP_ENDPOINT=${http}`,
        'node --require @opentelemetry/auto-instrumentations-node/register app.js',
      ].join('\n');
    case 'python':
      return [
        'pip install opentelemetry-distro opentelemetry-exporter-otlp && opentelemetry-bootstrap -a install',
        `export OTEL_SERVICE_NAME=my-service OTEL_EXPORTER_OTLP_ENDPOINT=${http} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
        'opentelemetry-instrument python app.py',
      ].join('\n');
    case 'go':
      return [
        'go get go.opentelemetry.io/contrib/exporters/autoexport go.opentelemetry.io/otel/sdk',
        `export OTEL_SERVICE_NAME=my-service OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:${grpcPort} OTEL_EXPORTER_OTLP_PROTOCOL=grpc`,
        'exporter, _ := autoexport.NewSpanExporter(ctx); otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter)))',
      ].join('\n');
    case 'curl':
      return curlLines(http, nowMs);
  }
}

function curlLines(http: string, nowMs: number): string {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'hello',
    kind: 2,
    startTimeUnixNano: `${nowMs}000000`,
    endTimeUnixNano: `${nowMs + 120}000000`,
  };
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'my-service' } }] },
        scopeSpans: [{ spans: [span] }],
      },
    ],
  };
  return [
    `curl ${http}/v1/traces \\`,
    "  -H 'content-type: application/json' \\",
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n');
}
