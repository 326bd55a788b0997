/** W3C trace state: a list of members `key=value`, joined by commas. */
const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MEMBERS_LIMIT = 32;

/** The members in order; undefined where the text is no trace state. */
function membersOf(state: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  if (state === '') return members;
  for (const part of state.split(',')) {
    const member = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    const equals = member.indexOf('=');
    const key = member.slice(0, equals);
    const value = member.slice(equals + 1);
    if (equals < 0 || !KEY.test(key) || !VALUE.test(value) || members.has(key)) return undefined;
    members.set(key, value);
  }
  return members.size > MEMBERS_LIMIT ? undefined : members;
}

/** The value of a member, '' for none; undefined where the text is no trace state. */
export function traceStateMember(state: string, key: string): string | undefined {
  const members = membersOf(state);
  return members === undefined ? undefined : (members.get(key) ?? '');
}

/** The state with a member set, which comes first then; undefined where that gives no trace state. */
export function withTraceStateMember(state: string, key: string, value: string): string | undefined {
  const members = membersOf(state);
  if (members === undefined || !KEY.test(key) || !VALUE.test(value)) return undefined;
  members.delete(key);
  const kept = Array.from(members).slice(0, MEMBERS_LIMIT - 1);
  return [[key, value], ...kept].map(([name, text]) => `${name}=${text}`).join(',');
}
