/** Go's strconv.ParseFloat for what labels hold; undefined for what is no number. */
export function readFloat(text: string): number | undefined {
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  const special = /^([-+]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
