/** State that outlives a request, such as what was known last: one for each tenant, so that none sees another's. */

/** Those that were not asked for longest go first. */
const MAX_TENANTS = 1000;

export class PerTenant<T> {
  readonly #states = new Map<string, T>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(tenant: string): T {
    const state = this.#states.get(tenant) ?? this.#make();
    this.#states.delete(tenant);
    this.#states.set(tenant, state);
    if (this.#states.size > MAX_TENANTS) this.#states.delete(this.#states.keys().next().value!);
    return state;
  }
}
