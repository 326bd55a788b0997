/** Pages that an empty store has nothing to show on: there, the first-run page stands in their place. */
const LISTS: ReadonlySet<string> = new Set(['', '/services', '/traces', '/logs', '/metrics', '/send']);

/**
 * Not the page of one trace or service, and no address without a page: each says better what is not there. Nor the system's page, which
 * is worth a look even before data, because it shows what was refused.
 */
export function isWelcomePlace(pathname: string): boolean {
  return LISTS.has(pathname.replace(/\/+$/, ''));
}
