import { describe, expect, test } from 'vitest';
import { StartError } from '#base';
import { capabilityOf, type Storage } from './capabilities.ts';
import type { Extension } from './contracts.ts';

const lifecycle = { start: async () => undefined, shutdown: async () => undefined };
const storage: Storage = { open: () => Promise.reject(new Error('not in this test')) };
const EXTENSIONS = new Map<string, Extension>([
  ['file_storage', { ...lifecycle, capabilities: { storage } }],
  ['basicauth', { ...lifecycle, capabilities: { client_auth: { headers: async () => ({ authorization: 'x' }) } } }],
  ['health_check', lifecycle],
]);

function errorOf(id: string, capability: 'storage' | 'client_auth' | 'encoding', extensions = EXTENSIONS): StartError {
  try {
    capabilityOf(extensions, id, capability);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return error as StartError;
  }
  throw new Error('it was found');
}

describe('what an extension offers', () => {
  test('is found by id and capability, with its type', async () => {
    expect(capabilityOf(EXTENSIONS, 'file_storage', 'storage')).toBe(storage);
    expect(await capabilityOf(EXTENSIONS, 'basicauth', 'client_auth').headers({}, new Set())).toEqual({
      authorization: 'x',
    });
  });

  test.each([
    {
      name: 'an extension of another capability',
      error: errorOf('basicauth', 'storage'),
      message: 'extension "basicauth" does not offer storage (it offers authentication for clients)',
      hint: 'these do: file_storage',
    },
    {
      name: 'an extension that offers nothing',
      error: errorOf('health_check', 'encoding'),
      message: 'extension "health_check" does not offer an encoding (it offers nothing that other components use)',
      hint: 'no extension in service::extensions does',
    },
    {
      name: 'one that is not there',
      error: errorOf('file_storage/2', 'storage'),
      message:
        'extension "file_storage/2", which should offer storage, is not started (service::extensions has: file_storage, basicauth, health_check)',
      hint: 'add it to extensions and to service::extensions; of those that are there, these do: file_storage',
    },
    {
      name: 'none at all',
      error: errorOf('x', 'client_auth', new Map()),
      message:
        'extension "x", which should offer authentication for clients, is not started (service::extensions has: none)',
      hint: 'add it to extensions and to service::extensions; of those that are there, no extension in service::extensions does',
    },
  ])('$name is an error that says what there is', ({ error, message, hint }) => {
    expect(error.message).toBe(message);
    expect(error.hint).toBe(hint);
  });
});
