import { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { fakeSettings } from '#component/testing.ts';
import { TlsRejections } from './tls-rejections.ts';

const failed = (code: string): Error => Object.assign(new Error('OpenSSL says something'), { code });
const showing = (authorizationError: string): TLSSocket => ({ authorizationError }) as unknown as TLSSocket;

test.each([
  ['tls_no_certificate', failed('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'), undefined],
  ['tls_distrusts_us', failed('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), undefined],
  ['tls_version', failed('ERR_SSL_UNSUPPORTED_PROTOCOL'), undefined],
  ['tls_cipher', failed('ERR_SSL_NO_SHARED_CIPHER'), undefined],
  ['tls_no_tls', failed('ERR_SSL_WRONG_VERSION_NUMBER'), undefined],
  ['tls_gone', failed('ECONNRESET'), undefined],
  ['tls_expired_certificate', failed('ECONNRESET'), showing('CERT_HAS_EXPIRED')],
  ['tls_untrusted_certificate', failed('ECONNRESET'), showing('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ['tls_other', failed('ERR_SOMETHING_NEW'), undefined],
])('%s is counted, and all but clients that went away are said once', (reason, error, socket) => {
  const settings = fakeSettings();
  const rejections = new TlsRejections(settings, { transport: 'grpc' });
  rejections.note(error, socket);
  rejections.note(error, socket);
  expect(settings.meter.sum('listener_refused_requests', { reason, transport: 'grpc' })).toBe(2);
  const said = settings.logged.filter((line) => !line.startsWith('debug'));
  expect(said).toHaveLength(reason === 'tls_gone' ? 0 : 1);
});

test('a client that speaks TLS to a port without it is told how to mend it', () => {
  const settings = fakeSettings();
  new TlsRejections(settings).noteHello(new Socket());
  expect(settings.logged.join('\n')).toContain('an endpoint with http:// in place of https://');
});
