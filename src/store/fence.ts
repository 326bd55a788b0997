/**
 * Servers that share work on one store agree on who they are: each change of their list is a document of this kind, whose key is the number of the list.
 * One that is not in the last list may write nothing more, however long what it writes was on its way: the statement that writes asks for the list.
 */
export const MEMBERS_KIND = 'members';

/** What `throwIf` gives (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO). */
export const FENCED_CODE = 395;

/** Whoever wrote is no longer a member, or came too late. */
export class FencedError extends Error {
  override name = 'FencedError';
}

/** A condition of a statement that writes: it holds, or the statement fails with FENCED_CODE. `member` is made of hexadecimal digits. */
export function fenceCondition(member: string): string {
  if (!/^[0-9a-f]{1,64}$/.test(member)) throw new Error(`"${member}" is no id of a member`);
  const isListed = `has(JSONExtract(argMax(body, key), 'members', 'Array(String)'), '${member}')`;
  const where = `tenant = '' AND kind = '${MEMBERS_KIND}' AND NOT is_deleted`;
  return `(SELECT throwIf(NOT ${isListed}, 'no member') FROM documents WHERE ${where}) = 0`;
}
