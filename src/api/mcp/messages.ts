/** One request of a client of MCP: its messages in, the answers out, nothing in between. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { QueryError } from '#query';
import { TextAnswer } from '../http/answers.ts';
import type { ApiNeeds, ApiRequest } from '../http/plugin.ts';
import { Told } from './told.ts';
import { Asked, type ToolContext } from './tool.ts';
import { TOOLS } from './tools.ts';

const INSTRUCTIONS = `Telemetry of services: traces, logs, metrics, alerts. Call data_model first. Then go from the broad to the narrow: services and
alerts, then service, what_differs, search_traces and log_patterns, then trace and logs; promql, logql, traceql and sql for all else. Answers are
at most 8,000 tokens and say how to narrow. Nothing can be changed.`;

export async function answerMessages(request: ApiRequest, needs: ApiNeeds): Promise<TextAnswer> {
  const server = serverFor({ reader: request.reader, options: request.options, needs });
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport as never);
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (typeof value === 'string') headers.set(name, value);
    const asked = new Request('http://signalbox/mcp', { method: 'POST', headers, body: new Uint8Array(request.body) });
    const response = await transport.handleRequest(asked);
    const text = await response.text();
    return new TextAnswer(response.headers.get('content-type') ?? 'application/json', text, {
      status: response.status,
    });
  } finally {
    await server.close();
  }
}

function serverFor(context: ToolContext): Server {
  const server = new Server(
    { name: 'signalbox', title: 'Signalbox', version: context.needs.version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: TOOLS.map(({ name, title, description, arguments: properties, required = [] }) => ({
      name,
      title,
      description,
      inputSchema: { type: 'object' as const, properties, required: [...required], additionalProperties: false },
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => call(context, params.name, params.arguments ?? {}));
  return server;
}

async function call(
  context: ToolContext,
  name: string,
  values: Readonly<Record<string, unknown>>,
): Promise<CallToolResult> {
  const told = new Told();
  try {
    const tool = TOOLS.find((one) => one.name === name);
    if (tool === undefined)
      throw new QueryError('bad_query', `there is no tool ${JSON.stringify(name.slice(0, 80))}`, {
        hint: TOOLS.map((one) => one.name).join(', '),
      });
    await tool.run(new Asked(context, tool, values), told);
    return { content: [{ type: 'text', text: told.toString() }] };
  } catch (error) {
    // A mistake is the model's to mend; what is none of a query becomes an error of the protocol.
    if (!(error instanceof QueryError) || error.code === 'internal') throw error;
    return { isError: true, content: [{ type: 'text', text: mistakeText(error) }] };
  }
}

function mistakeText({ message, hint, query, start, end }: QueryError): string {
  const place =
    query === undefined || start === undefined ? '' : `, at ${JSON.stringify(query.slice(start, end).slice(0, 80))}`;
  return `${message}${place}${hint === undefined ? '' : ` (${hint})`}`;
}
