/** Mail addresses of a list such as `Ops <ops@example.org>, "Doe, Jane" <jane@example.org>`: those alone, without names. Throws where one is none. */
export function readAddresses(list: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  for (let at = 0; at < list.length; at++) {
    const char = list[at]!;
    if (char === '\\' && isQuoted) part += char + (list[++at] ?? '');
    else if (char === ',' && !isQuoted) {
      parts.push(part);
      part = '';
    } else {
      if (char === '"') isQuoted = !isQuoted;
      part += char;
    }
  }
  parts.push(part);
  return parts.map((one) => {
    const address = (/<([^<>]*)>\s*$/.exec(one)?.[1] ?? one).trim();
    if (!/^[^\s<>,;@"]+@[^\s<>,;@"]+$/.test(address)) throw new Error(`"${one.trim()}" is no mail address`);
    return address;
  });
}
