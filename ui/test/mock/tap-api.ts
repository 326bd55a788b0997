/** The mock's live tap, and statements that are tried: enough of both for the pages. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  ItemField,
  OttlQuestion,
  OttlResponse,
  OttlWordsResponse,
  TapEventAnswer,
  TapItemAnswer,
} from '#api/types.ts';

const ITEM_EACH_MS = 120;
const COUNTS_EACH_MS = 1000;
const LIMITS = { items: 500, itemsPerSecond: 20, timeMs: 60_000 };
const SERVICES = ['orders', 'payments', 'catalog', 'checkout'];

/** `…/processors/nothing` is not there; at a sampler some are left out; `…/batch` holds what it has. */
export function streamTap(at: string, response: ServerResponse): void {
  const [pipeline = '', section = '', ...rest] = at.split('/');
  const id = rest.join('/');
  if (id === 'nothing') {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ error: { code: 'not_found', message: `no component ${at}; did you mean traces/batch?` } }),
    );
    return;
  }
  const signal = pipeline === 'logs' || pipeline === 'metrics' ? pipeline : 'traces';
  const send = (event: TapEventAnswer): void => void response.write(`${JSON.stringify(event)}\n`);
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  send({ type: 'start', target: { pipeline, id, role: section.slice(0, -1), signal }, limits: LIMITS });
  let shown = 0;
  let left = 0;
  const isHolding = id === 'batch';
  const items = setInterval(() => {
    if (isHolding) return;
    shown++;
    const item = itemOf(shown, signal, id);
    if (item.outcome === 'dropped') left++;
    send(item);
  }, ITEM_EACH_MS);
  const counts = setInterval(() => {
    const leftOut: Record<string, number> = left > 0 ? { not_sampled: left * 40 } : {};
    const seen = { in: shown * 40, out: shown * 40 - left * 40, shown, waiting: isHolding ? 12 : 0, leftOut };
    send({ type: 'counts', ...seen, ...(isHolding && { in: 480 }) });
  }, COUNTS_EACH_MS);
  response.on('close', () => {
    clearInterval(items);
    clearInterval(counts);
  });
}

function itemOf(number: number, signal: TapItemAnswer['signal'], id: string): TapItemAnswer {
  const isDropped = id === 'tail_sampling' && number % 3 === 0;
  const isRedacted = id === 'attributes/redact';
  const service = SERVICES[number % SERVICES.length]!;
  const own: ItemField[] =
    signal === 'logs'
      ? [
          { path: 'severity_text', value: number % 4 === 0 ? 'ERROR' : 'INFO' },
          { path: 'body', value: `order ${1000 + number} of ${service} was taken` },
        ]
      : signal === 'metrics'
        ? [
            { path: 'metric.name', value: 'http.server.request.duration' },
            { path: 'count', value: number },
          ]
        : [
            { path: 'name', value: `POST /${service}` },
            { path: 'kind', value: 'server' },
            { path: 'status.code', value: number % 5 === 0 ? 'error' : 'unset' },
          ];
  const card: ItemField = isRedacted
    ? { path: 'attributes["card.number"]', change: 'changed', value: '****', masked: 'before' }
    : { path: 'attributes["url.full"]', masked: 'value' };
  const changes: ItemField[] = isRedacted
    ? [
        { path: 'attributes["user.email"]', change: 'removed', masked: 'value' },
        { path: 'attributes["redacted"]', change: 'added', value: true },
      ]
    : [];
  return {
    type: 'item',
    atMs: Date.now(),
    signal,
    outcome: isDropped ? 'dropped' : isRedacted ? 'changed' : 'passed',
    ...(isDropped && { reason: 'not_sampled' }),
    maskedCount: isRedacted ? 2 : 1,
    fields: [
      { path: 'resource.attributes["service.name"]', value: service },
      { path: 'trace_id', value: number.toString(16).padStart(32, '0') },
      ...own,
      { path: 'attributes["http.route"]', value: `/${service}` },
      card,
      ...changes,
    ],
  };
}

/** Reads `set(span.attributes["KEY"], "VALUE")` and `replace_pattern(…)`; `atributes` is a mistake. */
export async function ottl(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { statements, input } = JSON.parse(Buffer.concat(parts).toString()) as OttlQuestion;
  const send = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const start = statements.indexOf('span.atributes');
  if (start >= 0) {
    const message = 'there is no path "span.atributes"; did you mean "span.attributes"?';
    return send(400, { error: { code: 'bad_query', message, query: statements, start, end: start + 14 } });
  }
  if (typeof input === 'string' && !input.trimStart().startsWith('{')) {
    return send(400, { error: { code: 'bad_query', message: 'the sample is not JSON' } });
  }
  const [, key, value] = /^set\(span\.attributes\["([^"]+)"\], "([^"]*)"/m.exec(statements) ?? [];
  const base: readonly ItemField[] =
    typeof input === 'string'
      ? [
          { path: 'resource.attributes["service.name"]', value: 'shop' },
          { path: 'name', value: 'GET /cart' },
          { path: 'kind', value: 'server' },
          { path: 'attributes["http.route"]', value: '/cart' },
        ]
      : input.fields;
  const url: ItemField = { path: 'attributes["url.full"]', value: 'https://shop.example/cart?token=s3cret&n=1' };
  const isRedacted = statements.includes('replace_pattern(span.attributes["url.full"]');
  const after: ItemField = {
    ...url,
    change: 'changed',
    before: url.value!,
    value: 'https://shop.example/cart?token=***&n=1',
  };
  const added: readonly ItemField[] =
    key === undefined ? [] : [{ path: `attributes["${key}"]`, change: 'added', value: value ?? '' }];
  const fields = [...base, isRedacted ? after : url, ...added];
  const isChanged = isRedacted || added.length > 0;
  const answer: OttlResponse = {
    signal: 'traces',
    context: 'span',
    items: [{ outcome: isChanged ? 'changed' : 'passed', fields }],
    itemCount: 1,
    failures: [],
    failedCount: 0,
  };
  send(200, answer);
}

export function ottlWords(): OttlWordsResponse {
  return {
    functions: [
      { name: 'set', signature: 'set(target, value)', meaning: 'Gives the target the value.', isEditor: true },
      { name: 'delete_key', signature: 'delete_key(target, key)', meaning: 'Removes a key.', isEditor: true },
      { name: 'Concat', signature: 'Concat(values, delimiter)', meaning: 'Joins texts.', isEditor: false },
    ],
    paths: ['span.name', 'span.attributes', 'span.status.code', 'resource.attributes'],
    enums: ['STATUS_CODE_ERROR', 'SPAN_KIND_SERVER'],
  };
}
