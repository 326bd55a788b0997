import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

/** Where npm finds a dependency of the package at `place`: beside it, or further up. */
function found(place: string, name: string): LockedPackage | undefined {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const known = packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`];
    if (known !== undefined || at === '') return known;
  }
}

test('the lock file holds what each platform needs: npm ci refuses one that lacks the packages of another', () => {
  const missing = Object.entries(packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => found(place, name) === undefined)
      .map((name) => `${name}, of ${place}`),
  );
  expect(missing).toEqual([]);
});

test('packages for one platform say which, so that the others leave them out', () => {
  for (const [place, { optionalDependencies }] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(optionalDependencies ?? {})) {
      const locked = found(place, name)!;
      if (/(?:linux|darwin|win32|android|freebsd)/.test(name)) expect(locked.os, name).not.toBeUndefined();
      if (/^\d/.test(range)) expect(locked.version, name).toBe(range);
    }
  }
});

test('the lock file names no registry: each installation takes its own', () => {
  for (const [place, { resolved }] of Object.entries(packages)) expect(resolved, place).toBeUndefined();
});
