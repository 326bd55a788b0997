/** Headers of one request, names in lower case, on top of those of the configuration. Undefined takes one out. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** The headers that go out. */
export function sentHeaders<T>(headers: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const sent: Record<string, T> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent[name] = value;
  return sent;
}
