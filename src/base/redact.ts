/** What must not be seen by everybody who sees a message. */

const REDACTED = '[REDACTED]';
/** The user and password of a URL, up to the last @ in front of its path. */
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'`<>\\]*)@/gi;

/** The value of a URL's query key that is named like a secret: `?token=`, `&api_key=`, `?X-Amz-Signature=`. */
const SECRET_PARAMETER =
  /([?&][\w.~%-]{0,64}?(?:token|secret|passw(?:or)?d|credential|signature|auth|key|\bsig|\bpwd)[\w.~%-]{0,64}=)[^&\s#"'`<>]+/gi;

/** The text with the passwords of all URLs in it hidden, and the secrets in their queries; a user alone, which may be a token, too. */
export function withoutPasswords(text: string): string {
  if (!text.includes('://')) return text;
  const safe = text.includes('?') ? text.replace(SECRET_PARAMETER, `$1${REDACTED}`) : text;
  return safe.replace(CREDENTIALS, (_, scheme: string, credentials: string) => {
    const colon = credentials.indexOf(':');
    return `${scheme}${colon < 0 ? '' : `${credentials.slice(0, colon)}:`}${REDACTED}@`;
  });
}

/** In quotes with whatever they hold, or up to the next blank. What follows a letter, a colon or a slash belongs to a URL or a media type. */
const PATHS = /(["'`])(?:[A-Za-z]:\\|~?\/)[^"'`\n]+\1|(?<![\w:/.~*<])(?:[A-Za-z]:\\|~?\/)[^\s"'`,;()]*[^\s"'`,;():.]/g;

/** The text without paths of files on this machine, for those who only talk to it. */
export function withoutPaths(text: string): string {
  if (!text.includes('/') && !text.includes('\\')) return text;
  return text.replace(PATHS, '[path]');
}
