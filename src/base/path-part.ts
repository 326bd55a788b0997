/**
 * Names as parts of paths. `.` and `..` mean folders there, however they are escaped, and an empty part is none at all:
 * a name of that form, and each that could be taken for one, gets a `~` in front.
 */

/** For `encodeURIComponent`, or a router that calls it. */
export function printPathPart(name: string): string {
  return /^~*\.{0,2}$/.test(name) ? `~${name}` : name;
}

/** `part` is decoded already. */
export function readPathPart(part: string): string {
  return /^~+\.{0,2}$/.test(part) ? part.slice(1) : part;
}
