import { constantText, editorFunction, fail, type OttlFunction, optional } from '#ottl';
import {
  type AttributeKey,
  attributeKey,
  SPAN_KIND_CLIENT,
  SPAN_KIND_CONSUMER,
  SPAN_KIND_PRODUCER,
  SPAN_KIND_SERVER,
  type SpanView,
  valueText,
} from '#pdata';

/** Versions of the semantic conventions whose names of spans these are, both included. */
const LEAST = [1, 37, 0];
const MOST = [1, 43, 0];
/** As Go's Masterminds/semver reads one: parts may be missing, and a `v` may stand before. */
const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** An attribute, and what older instrumentations call it. */
function keys(...names: string[]): readonly AttributeKey[] {
  return names.map(attributeKey);
}

const HTTP_METHOD = keys('http.request.method', 'http.method');
const HTTP_ROUTE = keys('http.route');
const URL_TEMPLATE = keys('url.template');
const RPC_SYSTEM = keys('rpc.system.name', 'rpc.system');
const RPC_METHOD = keys('rpc.method', 'rpc.grpc.method');
const RPC_SERVICE = keys('rpc.service', 'rpc.grpc.service');
const DB_SYSTEM = keys('db.system.name', 'db.system');
const DB_SUMMARY = keys('db.query.summary');
const DB_OPERATION = keys('db.operation.name', 'db.operation');
const DB_NAMESPACE = keys('db.namespace', 'db.name');
const DB_COLLECTION = keys('db.collection.name');
const DB_PROCEDURE = keys('db.stored_procedure.name');
const SERVER_ADDRESS = keys('server.address');
const SERVER_PORT = keys('server.port');
const MESSAGING_SYSTEM = keys('messaging.system');
const MESSAGING_OPERATION = keys('messaging.operation.name', 'messaging.operation');
const MESSAGING_TEMPORARY = keys('messaging.destination.temporary');
const MESSAGING_ANONYMOUS = keys('messaging.destination.anonymous');
const MESSAGING_TEMPLATE = keys('messaging.destination.template');
const MESSAGING_DESTINATION = keys('messaging.destination.name', 'messaging.destination');

/** Names of spans by the semantic conventions (otelcol-contrib processor/transformprocessor). */
export const SPAN_NAME_FUNCTIONS: readonly OttlFunction[] = [
  editorFunction(
    'set_semconv_span_name',
    'Names a span as the semantic conventions say (1.37.0 to 1.43.0); the name that it had is kept in an attribute if one is given.',
    [constantText('semconv_version'), optional(constantText('original_span_name_attribute'))],
    (version, originalAttribute) => {
      checkVersion(version);
      if (originalAttribute === '') fail('original_span_name_attribute cannot be an empty string');
      const original = originalAttribute === undefined ? undefined : attributeKey(originalAttribute);
      return ({ span }) => {
        const before = span.name;
        const name = semconvName(span);
        if (name === undefined || name === before) return;
        span.name = name;
        if (original !== undefined) span.attributes.set(original, before);
      };
    },
    { contexts: ['span'] },
  ),
];

function checkVersion(version: string): void {
  const found = VERSION.exec(version) ?? fail(`failed to parse semconv version "${version}"`);
  const parts = [found[1], found[2], found[3]].map((part) => Number(part ?? 0));
  const isBefore = compareParts(parts, LEAST) < (found[4] === undefined ? 0 : 1);
  if (isBefore || compareParts(parts, MOST) > 0) {
    fail(`unsupported semconv version "${version}": it must be between ${LEAST.join('.')} and ${MOST.join('.')}`);
  }
}

function compareParts(one: readonly number[], other: readonly number[]): number {
  for (const [i, part] of one.entries()) if (part !== other[i]) return part - other[i]!;
  return 0;
}

/** undefined where the conventions say nothing. */
function semconvName(span: SpanView): string | undefined {
  switch (span.kind) {
    case SPAN_KIND_SERVER:
      return httpName(span, HTTP_ROUTE) || rpcName(span) || messagingName(span);
    case SPAN_KIND_CLIENT:
      return httpName(span, URL_TEMPLATE) || rpcName(span) || databaseName(span) || messagingName(span);
    case SPAN_KIND_PRODUCER:
    case SPAN_KIND_CONSUMER:
      return messagingName(span);
    default:
      return undefined;
  }
}

/** The first of the attributes that is there. */
function textOf({ attributes }: SpanView, names: readonly AttributeKey[]): string | undefined {
  for (const key of names) {
    const value = attributes.get(key);
    if (value !== undefined) return valueText(value);
  }
  return undefined;
}

function isTrue({ attributes }: SpanView, [key]: readonly AttributeKey[]): boolean {
  return attributes.get(key!) === true;
}

function httpName(span: SpanView, target: readonly AttributeKey[]): string | undefined {
  const method = textOf(span, HTTP_METHOD);
  const place = method === undefined ? undefined : textOf(span, target);
  return place === undefined ? named(method) : `${method} ${place}`;
}

/** An empty name is none. */
function named(name: string | undefined): string | undefined {
  return name === '' ? undefined : name;
}

function rpcName(span: SpanView): string | undefined {
  const system = textOf(span, RPC_SYSTEM);
  if (system === undefined) return undefined;
  const method = textOf(span, RPC_METHOD);
  const service = textOf(span, RPC_SERVICE);
  if (method !== undefined) return named(service === undefined ? method : `${service}/${method}`);
  return named(service === undefined ? system : `${service}/*`);
}

function databaseName(span: SpanView): string | undefined {
  const system = textOf(span, DB_SYSTEM);
  if (system === undefined) return undefined;
  const summary = textOf(span, DB_SUMMARY);
  if (summary !== undefined) return named(summary);
  const operation = textOf(span, DB_OPERATION) ?? '';
  const target = databaseTarget(span) ?? '';
  return named([operation, target].filter((part) => part !== '').join(' ') || system);
}

function databaseTarget(span: SpanView): string | undefined {
  const namespace = textOf(span, DB_NAMESPACE) ?? '';
  const object = textOf(span, DB_COLLECTION) ?? textOf(span, DB_PROCEDURE);
  if (object !== undefined) return namespace === '' ? object : `${namespace}.${object}`;
  return namespace === '' ? serverOf(span) : namespace;
}

function serverOf(span: SpanView): string | undefined {
  const address = textOf(span, SERVER_ADDRESS);
  const port = address === undefined ? undefined : textOf(span, SERVER_PORT);
  return port === undefined ? address : `${address}:${port}`;
}

function messagingName(span: SpanView): string | undefined {
  const system = textOf(span, MESSAGING_SYSTEM);
  if (system === undefined) return undefined;
  const operation = textOf(span, MESSAGING_OPERATION);
  const destination = messagingDestination(span) ?? '';
  if (operation === undefined) return named(destination || system);
  return named(destination === '' ? operation : `${operation} ${destination}`);
}

function messagingDestination(span: SpanView): string | undefined {
  if (isTrue(span, MESSAGING_TEMPORARY)) return '(temporary)';
  if (isTrue(span, MESSAGING_ANONYMOUS)) return '(anonymous)';
  return textOf(span, MESSAGING_TEMPLATE) ?? textOf(span, MESSAGING_DESTINATION) ?? serverOf(span);
}
