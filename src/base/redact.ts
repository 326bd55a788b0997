/** What must not be seen by everybody who sees a message. */

const REDACTED = '[REDACTED]';
/** The user and password of a URL, up to the last @ in front of its path. */
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'`<>\\]*)@/gi;

/** The text with the passwords of all URLs in it hidden; a user alone, which may be a token, too. */
export function withoutPasswords(text: string): string {
  if (!text.includes('://') || !text.includes('@')) return text;
  return text.replace(CREDENTIALS, (_, scheme: string, credentials: string) => {
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
