import { randomBytes } from 'node:crypto';
import { addressesIn } from '../addresses.ts';
import type { Flags } from '../flags.ts';
import { sectionOf } from '../section.ts';
import { UsageError } from '../usage.ts';

/** `signalbox store grants`: the SQL that makes the two users on a ClickHouse server. */
export async function storeCommand(flags: Flags, task = ''): Promise<number> {
  if (task !== 'grants')
    throw new UsageError(`store: expected grants, got ${JSON.stringify(task)}`, 'signalbox store grants');
  const { login } = addressesIn(await sectionOf(flags), flags);
  const { printGrants } = await import('#engine');
  const { SIGNALBOX_STORE_PASSWORD: writerSet, SIGNALBOX_STORE_READER_PASSWORD: readerSet } = process.env;
  const writer = writerSet || newPassword();
  const reader = readerSet || newPassword();
  const made = [
    ...(writerSet ? [] : ['-- SIGNALBOX_STORE_USERNAME=signalbox', `-- SIGNALBOX_STORE_PASSWORD=${writer}`]),
    ...(readerSet ? [] : ['-- SIGNALBOX_STORE_READER_USERNAME=reader', `-- SIGNALBOX_STORE_READER_PASSWORD=${reader}`]),
  ];
  const lines = [
    ...(made.length > 0
      ? ['-- Give these to the processes of Signalbox; they are not kept anywhere:', ...made, '']
      : []),
    ...printGrants({ database: login.database ?? 'signalbox', writerPassword: writer, readerPassword: reader }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}
