/**
 * Names of the same attribute in OpenTelemetry's semantic conventions, that of today first. Telemetry of one system has both, because
 * instrumentations move at their own pace, so asking for either name finds both.
 * Source: the conventions' migration guides for HTTP, databases, RPC, messaging and code, and their registry of deprecated attributes. Names
 * whose values changed their meaning with the name are not among them.
 */
export const ATTRIBUTE_NAMES: readonly (readonly string[])[] = [
  ['http.request.method', 'http.method'],
  ['http.response.status_code', 'http.status_code'],
  ['http.request.body.size', 'http.request_content_length'],
  ['http.response.body.size', 'http.response_content_length'],
  ['http.request.resend_count', 'http.resend_count'],
  ['url.full', 'http.url'],
  ['url.path', 'http.target'],
  ['url.scheme', 'http.scheme'],
  ['user_agent.original', 'http.user_agent'],
  ['client.address', 'http.client_ip'],
  ['server.address', 'net.peer.name', 'net.host.name'],
  ['server.port', 'net.peer.port', 'net.host.port'],
  ['network.peer.address', 'net.sock.peer.addr', 'net.peer.ip'],
  ['network.peer.port', 'net.sock.peer.port'],
  ['network.local.address', 'net.sock.host.addr', 'net.host.ip'],
  ['network.local.port', 'net.sock.host.port'],
  ['network.protocol.name', 'net.protocol.name', 'net.app.protocol.name'],
  ['network.protocol.version', 'net.protocol.version', 'net.app.protocol.version', 'http.flavor'],
  ['db.system.name', 'db.system'],
  ['db.namespace', 'db.name'],
  ['db.query.text', 'db.statement'],
  ['db.operation.name', 'db.operation'],
  ['db.collection.name', 'db.sql.table', 'db.mongodb.collection', 'db.cassandra.table', 'db.cosmosdb.container'],
  ['deployment.environment.name', 'deployment.environment'],
  ['messaging.destination.name', 'messaging.destination'],
  ['messaging.destination.partition.id', 'messaging.kafka.destination.partition', 'messaging.kafka.partition'],
  ['messaging.operation.type', 'messaging.operation'],
  ['messaging.message.id', 'messaging.message_id'],
  ['messaging.message.conversation_id', 'messaging.conversation_id'],
  ['messaging.message.body.size', 'messaging.message.payload_size_bytes', 'messaging.message_payload_size_bytes'],
  ['messaging.client.id', 'messaging.client_id'],
  ['messaging.consumer.group.name', 'messaging.kafka.consumer.group', 'messaging.kafka.consumer_group'],
  ['messaging.kafka.offset', 'messaging.kafka.message.offset'],
  ['rpc.system.name', 'rpc.system'],
  ['rpc.response.status_code', 'rpc.grpc.status_code'],
  ['service.peer.name', 'peer.service'],
  ['code.function.name', 'code.function'],
  ['code.file.path', 'code.filepath'],
  ['code.line.number', 'code.lineno'],
  ['code.column.number', 'code.column'],
  ['gen_ai.provider.name', 'gen_ai.system'],
  ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
  ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
];

const GROUPS: ReadonlyMap<string, readonly string[]> = new Map(
  ATTRIBUTE_NAMES.flatMap((names) => names.map((name) => [name, names] as const)),
);

/** Whether a key is one of these names. They are words of small letters, digits and `_`, with dots between them. */
export function isConventionName(key: string): boolean {
  return GROUPS.has(key);
}

/** All names of what `key` names: `key` itself first. */
export function namesOf(key: string): readonly string[] {
  const group = GROUPS.get(key);
  return group === undefined ? [key] : [key, ...group.filter((name) => name !== key)];
}

/** Names of attributes of which some other name contains `part`. */
export function namesLike(part: string): readonly string[] {
  const wanted = part.toLowerCase();
  return ATTRIBUTE_NAMES.filter((names) => names.some((name) => name.includes(wanted))).flat();
}
