import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { excerpt, type MetricLabels } from '#base';
import { peerText } from './grpc-session.ts';
import { ListenerRefusals, type RefusalSettings } from './listener-refusals.ts';
import { networkMessage } from './network-error.ts';

/** Why a client didn't get through the handshake: the value of the metric's label, and what to say of it. */
const REASONS = {
  no_certificate: 'the client showed no certificate, which client_ca_file asks for',
  untrusted_certificate: "the client's certificate is not signed by one of client_ca_file",
  expired_certificate: "the client's certificate has expired, or is not valid yet",
  distrusts_us: 'the client does not trust our certificate: give it the CA that signed cert_file',
  version: 'the client speaks no TLS version between min_version and max_version',
  cipher: 'the client and cipher_suites or curve_preferences have nothing in common',
  no_tls: 'the client speaks plain text, and this port speaks TLS',
  unexpected:
    'the client speaks TLS, and this port speaks plain text: an endpoint with http:// in place of https:// or grpc:// ' +
    '(OTEL_EXPORTER_OTLP_INSECURE=true for gRPC), or a tls block for this port',
  gone: 'the client went away during the handshake',
  other: 'the TLS handshake with a client failed',
} as const;

type Reason = keyof typeof REASONS;

/** Counts the clients that TLS keeps out by reason, and says the first of each reason: the table is as long as the list above. */
export class TlsRejections {
  readonly #settings: RefusalSettings;
  readonly #refusals: ListenerRefusals;
  readonly #said = new Set<Reason>();

  /** `labels` say which of a component's listeners it is. */
  constructor(settings: RefusalSettings, labels: MetricLabels = {}) {
    this.#settings = settings;
    this.#refusals = new ListenerRefusals(settings, labels);
  }

  /** Takes what a server emits as `tlsClientError`. */
  note(error: Error, socket: TLSSocket | undefined): void {
    this.#count(reasonOf(error, socket), socket, networkMessage(error));
  }

  /** A client said hello in TLS to a port without it. */
  noteHello(socket: Socket): void {
    this.#count('unexpected', socket, 'it began with a TLS handshake');
  }

  #count(reason: Reason, socket: Socket | undefined, detail: string): void {
    const peer = peerText(socket?.remoteAddress, socket?.remotePort);
    const isNew = reason !== 'gone' && !this.#said.has(reason);
    this.#said.add(reason);
    const details = `client ${peer || 'of a unix socket'}: ${excerpt(detail)}`;
    this.#refusals.count(`tls_${reason}`, `${REASONS[reason]} (${details}); more of the same are only counted`, isNew);
    if (!isNew) this.#settings.logger.debug(REASONS[reason], { client: peer });
  }
}

function reasonOf(error: Error, socket: TLSSocket | undefined): Reason {
  // Node ends the connection of a client with a bad certificate itself, and then reports the end.
  const verdict = String(socket?.authorizationError ?? '');
  if (/EXPIRED|NOT_YET_VALID/.test(verdict)) return 'expired_certificate';
  if (verdict !== '') return 'untrusted_certificate';
  const code = (error as NodeJS.ErrnoException).code ?? '';
  for (const [pattern, reason] of CODES) if (pattern.test(code)) return reason;
  return 'other';
}

/** OpenSSL's codes as Node gives them; alerts are what the client said. */
const CODES: readonly (readonly [RegExp, Reason])[] = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, 'no_certificate'],
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE)|ALERT_ACCESS_DENIED/, 'distrusts_us'],
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|ALERT_PROTOCOL_VERSION|UNKNOWN_PROTOCOL/, 'version'],
  [/NO_SHARED_CIPHER|NO_SUITABLE_(KEY_SHARE|GROUPS?|SIGNATURE_ALGORITHM)|ALERT_HANDSHAKE_FAILURE/, 'cipher'],
  [/HTTP_REQUEST|HTTPS_PROXY_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH|RECORD_(TOO|LENGTH)/, 'no_tls'],
  [/CERTIFICATE_VERIFY_FAILED/, 'untrusted_certificate'],
  [/ECONNRESET|EPIPE|UNEXPECTED_EOF/, 'gone'],
];
