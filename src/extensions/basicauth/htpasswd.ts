import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { bcryptMatches, isBcrypt } from './bcrypt.ts';
import { md5Crypt, sha2Crypt } from './crypt.ts';

/** Checks that take milliseconds wait for each other; more than so many at a time are guesses. */
const WAITING_LIMIT = 64;

/** Whether a password is the one that a line of htpasswd has the hash of. */
type Check = (password: string) => boolean | Promise<boolean>;

interface User {
  readonly check: Check;
  /** The check takes so long that what it said is remembered. */
  readonly isSlow: boolean;
  /** The mark of the password that was right last; undefined before. */
  known: Buffer | undefined;
}

/**
 * Users and hashes of passwords, as Apache's htpasswd writes them: bcrypt, apr1 and MD5, SHA-1 with and without salt, SHA-2, plain text (what tg123/go-htpasswd
 * takes, which otelcol uses). What is later wins. A password that was right is known again without its hash, which takes up to a tenth of a second
 * each: senders come with every request.
 */
export class Htpasswd {
  readonly #users = new Map<string, User>();
  /** Of marks, so that a copy of the memory holds no password. */
  readonly #key = randomBytes(32);
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Lines without a meaning are left out; `unreadable` counts them. */
  readonly unreadable: number = 0;

  constructor(text: string) {
    for (const raw of text.split(/\r?\n/)) {
      const line = raw.trim();
      if (line === '') continue;
      const colon = line.indexOf(':');
      const hash = line.slice(colon + 1);
      const check = colon < 0 ? undefined : checkOf(hash);
      if (check === undefined) this.unreadable++;
      else this.#users.set(line.slice(0, colon), { check, isSlow: hash.startsWith('$'), known: undefined });
    }
  }

  get userCount(): number {
    return this.#users.size;
  }

  /** Throws where too many passwords are being checked. */
  async matches(name: string, password: string): Promise<boolean> {
    const user = this.#users.get(name);
    if (user === undefined) return false;
    if (!user.isSlow) return user.check(password);
    const mark = createHmac('sha256', this.#key).update(password).digest();
    if (user.known !== undefined && timingSafeEqual(user.known, mark)) return true;
    if (this.#waiting >= WAITING_LIMIT) throw new Error('too many passwords are being checked, try again');
    this.#waiting++;
    const checking = this.#last.then(() => user.check(password));
    this.#last = checking.catch(() => {}).then(() => this.#waiting--);
    if (!(await checking)) return false;
    user.known = mark;
    return true;
  }
}

/** Undefined for a hash that is not well-formed. */
function checkOf(hash: string): Check | undefined {
  if (/^\$(apr)?1\$/.test(hash)) return md5Check(hash);
  if (hash.startsWith('{SHA}')) return sha1Check(hash.slice(5), false);
  if (hash.startsWith('{SSHA}')) return sha1Check(hash.slice(6), true);
  if (/^\$2[abxy]\$/.test(hash)) return isBcrypt(hash) ? (password) => bcryptMatches(password, hash) : undefined;
  if (/^\$[56]\$/.test(hash)) return sha2Check(hash);
  return (password) => isEqual(password, hash) || isEqual(`{PLAIN}${password}`, hash);
}

function md5Check(hash: string): Check | undefined {
  const [, magic, salt, expected] = /^(\$1\$|\$apr1\$)([^$]*)\$(.*)$/.exec(hash) ?? [];
  if (magic === undefined) return undefined;
  return (password) => isEqual(md5Crypt(password, salt!, magic as '$1$' | '$apr1$'), expected!);
}

function sha1Check(base64: string, isSalted: boolean): Check | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (isSalted ? bytes.length < 20 : bytes.length !== 20) return undefined;
  const salt = bytes.subarray(20);
  return (password) =>
    timingSafeEqual(createHash('sha1').update(password).update(salt).digest(), bytes.subarray(0, 20));
}

function sha2Check(hash: string): Check | undefined {
  const [, id, roundText, salt, expected] = /^\$([56])\$(?:rounds=(\d+)\$)?([^$]*)\$([^$]*)$/.exec(hash) ?? [];
  if (id === undefined) return undefined;
  const rounds = roundText === undefined ? 5000 : Math.min(Math.max(Number(roundText), 1000), 999_999_999);
  const kind = id === '5' ? 'sha256' : 'sha512';
  return (password) => isEqual(sha2Crypt(password, salt!.slice(0, 16), kind, rounds), expected!);
}

/** Compared in a time that doesn't depend on where they differ. */
function isEqual(a: string, b: string): boolean {
  const [aBytes, bBytes] = [a, b].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(aBytes, bBytes);
}
