/** As Go's mux: a path that ends in / stands for all below it. */
export function matchesPath(path: string, requested: string): boolean {
  return path.endsWith('/') ? requested.startsWith(path) : requested === path;
}
