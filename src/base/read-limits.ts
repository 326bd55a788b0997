/** How much one statement may read of the store, where the configuration says nothing else: two cores read as much in the time that it has. */
export const DEFAULT_READ_LIMITS: { readonly rows: number; readonly bytes: number } = {
  rows: 1_000_000_000,
  bytes: 64 * 1024 ** 3,
};
