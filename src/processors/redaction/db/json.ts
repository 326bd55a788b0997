const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s"[\]{},:]+/gu;

/**
 * A query in JSON with `"?"` in place of every value, without blanks; keys stay as they are written. What is no JSON stays as it is
 * (datadog-agent's pkg/obfuscate, as the redaction processor calls it).
 */
export function sanitizeJson(text: string): string {
  if (!isJson(text)) return text;
  const tokens = text.match(TOKEN) ?? [];
  let result = '';
  for (const [i, token] of tokens.entries()) {
    const isMark = token.length === 1 && '[]{},:'.includes(token);
    const isKey = token.startsWith('"') && tokens[i + 1] === ':';
    result += isMark || isKey ? token : '"?"';
  }
  return result;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
