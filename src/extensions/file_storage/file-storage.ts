import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StartError } from '#base';
import type { Capabilities, CreateSettings, Extension, StorageClient } from '#component';
import type { FileStorageConfig } from './config.ts';
import { ValueFolder } from './value-folder.ts';

/** A folder with a folder for each component that keeps something. */
export class FileStorage implements Extension {
  readonly capabilities: Partial<Capabilities>;
  readonly #id: string;
  readonly #config: FileStorageConfig;
  readonly #open = new Set<ValueFolder>();

  constructor({ id }: CreateSettings, config: FileStorageConfig) {
    this.#id = id;
    this.#config = config;
    this.capabilities = { storage: { open: (owner) => this.#openFor([owner.kind, owner.id, owner.name]) } };
  }

  async start(): Promise<void> {
    const { directory, createsDirectory, directoryMode } = this.#config;
    const place = `extensions::${this.#id}::directory`;
    try {
      if (createsDirectory) await mkdir(directory, { recursive: true, mode: directoryMode });
      if ((await stat(directory)).isDirectory()) return;
    } catch (error) {
      const wayOut = createsDirectory ? undefined : 'make it, or set create_directory: true';
      throw new StartError(`${place}: directory must exist: ${messageOf(error)}`, wayOut, { cause: error });
    }
    throw new StartError(`${place}: ${directory} is not a directory`);
  }

  async shutdown(): Promise<void> {
    await Promise.all([...this.#open].map((folder) => folder.close()));
  }

  async #openFor(owner: readonly string[]): Promise<StorageClient> {
    const { directory, syncs, maxSizeBytes } = this.#config;
    const path = join(directory, folderName(owner));
    const folder = await ValueFolder.open(path, { syncs, maxSizeBytes, owner: owner.join(' '), id: this.#id }, () =>
      this.#open.delete(folder),
    );
    this.#open.add(folder);
    return folder;
  }
}

const NAME_LENGTH_MAX = 150;

/** One folder for each owner, and nothing in its name that means something to the file system. */
function folderName(owner: readonly string[]): string {
  const readable = owner.map((part) => part.replaceAll(/[^a-zA-Z0-9_.-]/g, '_')).join('+');
  const isPlain = owner.every((part) => /^[a-zA-Z0-9_.-]*$/.test(part)) && readable.length <= NAME_LENGTH_MAX;
  if (isPlain) return readable;
  const hash = createHash('sha256').update(owner.join('\0')).digest('hex').slice(0, 16);
  return `${readable.slice(0, NAME_LENGTH_MAX)}+${hash}`;
}
