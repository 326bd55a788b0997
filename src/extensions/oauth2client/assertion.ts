import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { messageOf } from '#base';

/** Hashes of Node's crypto by the names of JSON Web Algorithms (RFC 7518 §3.3). */
export const SIGNATURES = { RS256: 'RSA-SHA256', RS384: 'RSA-SHA384', RS512: 'RSA-SHA512' } as const;
export type SignatureAlgorithm = keyof typeof SIGNATURES;

export interface AssertionKey {
  readonly algorithm: SignatureAlgorithm;
  /** An RSA key as PEM. */
  readonly pem: string;
  /** Tells the server which of its keys to check with; '' for none. */
  readonly id: string;
}

/** A JSON Web Token with these claims, signed (RFC 7515 §3.1, compact form). Throws an Error where the key is none that can sign. */
export function signedToken(claims: Readonly<Record<string, unknown>>, { algorithm, pem, id }: AssertionKey): string {
  const header = { alg: algorithm, typ: 'JWT', ...(id !== '' && { kid: id }) };
  const signed = `${base64Url(header)}.${base64Url(claims)}`;
  return `${signed}.${createSign(SIGNATURES[algorithm]).update(signed).sign(rsaKeyOf(pem), 'base64url')}`;
}

/** Reads a private key of RSA. Throws an Error that says what is wrong, without the key. */
export function rsaKeyOf(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new Error(`the key is no private key in PEM without a passphrase (${messageOf(error)})`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'rsa')
    throw new Error(`the key must be one of RSA, and is one of ${key.asymmetricKeyType}`);
  return key;
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
