import { fail, type ValueMap } from '#ottl';

export const CLF_FORMATS: readonly string[] = ['clf', 'combined'];

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const COMMON = String.raw`^([^\t\n\f\r ]+) ([^\t\n\f\r ]+) ([^\t\n\f\r ]+) \[([^\]]+)\] ${QUOTED} ([^\t\n\f\r ]+) ([^\t\n\f\r ]+)`;
/** Each alternative begins with another character, so that both take time in proportion to the line. */
const CLF = new RegExp(`${COMMON}$`, 'u');
const COMBINED = new RegExp(`${COMMON} ${QUOTED} ${QUOTED}$`, 'u');

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  '"': '"',
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** A line as Apache and nginx write it (https://httpd.apache.org/docs/current/mod/mod_log_config.html). */
export function parseClf(message: string, isCombined: boolean): ValueMap {
  const found = (isCombined ? COMBINED : CLF).exec(message.trim());
  if (found === null) fail(`invalid CLF message: does not match expected "${isCombined ? 'combined' : 'clf'}" format`);
  const [, host, rfc931, user, time, quotedRequest, status, bytes, referer, agent] = found as readonly string[];
  const request = unescaped(quotedRequest!);
  const map: ValueMap = new Map([
    ['clf.remote_host', host!],
    ['clf.rfc931', rfc931!],
    ['clf.auth_user', user!],
    ['clf.timestamp', time!],
    ['clf.request', request],
  ]);
  const parts = /^([^ ]*) ([^ ]*) (.*)$/s.exec(request);
  if (parts !== null) {
    map.set('clf.method', parts[1]!);
    map.set('clf.request_uri', parts[2]!);
    map.set('clf.protocol', parts[3]!);
  }
  map.set('clf.status', wholeNumber(status!, 'status code'));
  if (bytes !== '-') map.set('clf.bytes', wholeNumber(bytes!, 'bytes value'));
  if (isCombined) {
    map.set('clf.referer', unescaped(referer!));
    map.set('clf.user_agent', unescaped(agent!));
  }
  return map;
}

function wholeNumber(text: string, what: string): number {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : fail(`invalid ${what} "${text}"`);
}

/** Escapes that are none stay as they are. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\(x([0-9A-Fa-f]{2})|.)/gs, (found, char: string, hex: string | undefined) =>
    hex === undefined ? (ESCAPES[char] ?? found) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}
