import { parseDocument } from 'yaml';

/** YAML of a file that is no configuration of a collector. Throws where it is none, or has more aliases than any file of people has. */
export function parsePlainYaml(text: string): unknown {
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) throw new Error(mistake.message);
  return document.toJS({ maxAliasCount: 100 });
}
