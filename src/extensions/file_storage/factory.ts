import type { ExtensionFactory } from '#component';
import { type FileStorageConfig, fileStorageSchema, validateFileStorage } from './config.ts';
import { FileStorage } from './file-storage.ts';

export const fileStorageFactory: ExtensionFactory<FileStorageConfig> = {
  kind: 'extension',
  type: 'file_storage',
  description: 'Keeps queues and positions in files, over a restart',
  stability: 'beta',
  schema: fileStorageSchema,
  validate: validateFileStorage,
  create: (settings, config) => new FileStorage(settings, config),
};
