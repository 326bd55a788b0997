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
  readonly httpPort?: number | undefined;
  readonly grpcPort?: number | undefined;
}

/** Undefined where nothing takes what it would send. `nowMs` dates the span that curl sends; it must lie in the console's default range. */
export function snippet(
  language: SnippetLanguage,
  { host, httpPort, grpcPort }: Address,
  nowMs: number = Date.now(),
): string | undefined {
  const http = httpPort === undefined ? undefined : `http://${host}:${httpPort}`;
  const grpc = grpcPort === undefined ? undefined : `http://${host}:${grpcPort}`;
  if (language === 'curl') return http && curlLines(http, nowMs);
  const endpoint = language === 'go' ? (grpc ?? http) : (http ?? grpc);
  if (endpoint === undefined) return undefined;
  const protocol = `OTEL_EXPORTER_OTLP_PROTOCOL=${endpoint === http ? 'http/protobuf' : 'grpc'}`;
  const variables = `OTEL_SERVICE_NAME=my-service OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint} ${protocol}`;
  switch (language) {
    case 'node':
      return [
        'npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node',
        `export ${variables}`,
        'node --require @opentelemetry/auto-instrumentations-node/register app.js',
      ].join('\n');
    case 'python':
      return [
        'pip install opentelemetry-distro opentelemetry-exporter-otlp && opentelemetry-bootstrap -a install',
        `export ${variables}`,
        'opentelemetry-instrument python app.py',
      ].join('\n');
    case 'go':
      return [
        'go get go.opentelemetry.io/contrib/exporters/autoexport go.opentelemetry.io/otel/sdk',
        `export ${variables}`,
        'exporter, _ := autoexport.NewSpanExporter(ctx); otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter)))',
      ].join('\n');
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
