/** The first `limit` characters, with an ellipsis in place of the last where something was cut. */
export function truncateCharacters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return limit <= 3 ? characters.slice(0, limit).join('') : `${characters.slice(0, limit - 1).join('')}…`;
}
