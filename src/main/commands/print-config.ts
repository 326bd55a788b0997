import { ConfigErrors, withoutPasswords } from '#base';
import { planCollector } from '#collector';
import { printYaml, secretsMadeBy, TypedScalar, toPlain } from '#config';
import { components } from '../components.ts';
import { loadConfiguration } from '../configuration.ts';
import type { Flags } from '../flags.ts';
import { didYouMean, UsageError } from '../usage.ts';

const REDACTED = '[REDACTED]';
/** Keys whose values are hidden even where no schema says that they are secret. */
const SECRET_KEY = /passw|secret|token|api_?key|_pem$|authorization|credential/i;

/** `signalbox print-config`: what is run after merging and expansion. Secrets are hidden unless `--mode unredacted`. */
export async function printConfigCommand(flags: Flags): Promise<number> {
  const mode = flags.get('mode') ?? 'redacted';
  if (mode !== 'redacted' && mode !== 'unredacted') {
    const near = didYouMean(mode, ['redacted', 'unredacted']);
    throw new UsageError(`--mode: must be redacted or unredacted, got "${mode}"${near}`);
  }
  const loaded = await loadConfiguration(flags);
  const planned = await planCollector(loaded.root, components);
  if (planned.plan === undefined) throw new ConfigErrors(planned.errors);
  const { components: sections, document } = planned.plan;
  const all = Object.values(sections).flatMap((section) => [...section.values()]);
  const plain = toPlain(loaded.root, new Set([...document.texts, ...all.flatMap(({ texts }) => [...texts])]));
  if (mode === 'unredacted') {
    process.stdout.write(printYaml(plain));
    return 0;
  }
  // The schemas know what is secret: reading every block once more tells which texts to hide.
  const secrets = new Set<string>();
  for (const { factory, id } of all) {
    const block = (plain as Record<string, Record<string, unknown>>)[`${factory.kind}s`]?.[id];
    for (const secret of secretsMadeBy(() => void factory.schema.safeParse(block))) secrets.add(secret);
  }
  process.stdout.write(printYaml(redacted(plain, secrets, false)));
  return 0;
}

function redacted(value: unknown, secrets: ReadonlySet<string>, isSecret: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => redacted(item, secrets, isSecret));
  if (typeof value === 'object' && value !== null && !(value instanceof TypedScalar)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, redacted(entry, secrets, isSecret || SECRET_KEY.test(key))]),
    );
  }
  if (value === null || value === '') return value;
  if (isSecret || secrets.has(String(value))) return REDACTED;
  return typeof value === 'string' ? withoutPasswords(value) : value;
}
