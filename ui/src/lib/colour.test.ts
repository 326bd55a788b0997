import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  contrast,
  oklchToHex,
  SWATCH_COUNT,
  seriesColour,
  serviceColour,
  type ThemeName,
  withAlpha,
} from './colour.ts';

const THEMES: readonly ThemeName[] = ['light', 'dark'];

/** The tokens of both themes, as written in the style sheet. */
const TOKENS: Readonly<Record<ThemeName, ReadonlyMap<string, string>>> = readTokens();

function readTokens(): Record<ThemeName, Map<string, string>> {
  const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8');
  const tokens = { light: new Map<string, string>(), dark: new Map<string, string>() };
  for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)) {
    tokens.light.set(name!, light!);
    tokens.dark.set(name!, dark!);
  }
  for (const [, name, both] of css.matchAll(/--([\w-]+): (#\w{6});/g)) {
    tokens.light.set(name!, both!);
    tokens.dark.set(name!, both!);
  }
  return tokens;
}

describe.each(THEMES)('the %s theme', (theme) => {
  const token = (name: string): string => {
    const colour = TOKENS[theme].get(name);
    if (colour === undefined) throw new Error(`no token --${name}`);
    return colour;
  };

  test.each(['text', 'muted', 'accent', 'error', 'warning'])('%s is readable as text (AA) on every surface', (name) => {
    for (const surface of ['bg', 'panel', 'raised', 'hover', 'selection']) {
      expect(contrast(token(name), token(surface)), `--${name} on --${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('errors and warnings are readable on their own surface, and text on the strong accent', () => {
    expect(contrast(token('error'), token('error-bg'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token('warning'), token('warning-bg'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token('on-accent'), token('accent-strong'))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['error-mark', 'warning-mark', 'info-mark', 'debug-mark'])(
    '%s stands out from the background (3:1, graphics)',
    (name) => {
      expect(contrast(token(name), token('bg'))).toBeGreaterThanOrEqual(3);
    },
  );

  test('every colour of a service or series stands out from the background (3:1, graphics)', () => {
    for (let i = 0; i < SWATCH_COUNT; i++) {
      for (const surface of ['bg', 'panel']) {
        expect(contrast(seriesColour(i, theme), token(surface)), `series ${i} on --${surface}`).toBeGreaterThanOrEqual(
          3,
        );
      }
    }
  });

  test('neighbouring series differ', () => {
    const colours = Array.from({ length: SWATCH_COUNT }, (_, i) => seriesColour(i, theme));
    expect(new Set(colours).size).toBe(SWATCH_COUNT);
  });
});

test('a service has the same colour each time, of either theme', () => {
  for (const theme of THEMES) expect(serviceColour('payments', theme)).toBe(serviceColour('payments', theme));
  expect(serviceColour('payments', 'dark')).not.toBe(serviceColour('payments', 'light'));
});

test('many services use most of the colours', () => {
  const names = Array.from({ length: 400 }, (_, i) => `service-${i}`);
  expect(new Set(names.map((name) => serviceColour(name, 'dark'))).size).toBe(SWATCH_COUNT);
});

test('colours are converted as the definitions say', () => {
  expect(oklchToHex(1, 0, 0)).toBe('#ffffff');
  expect(oklchToHex(0, 0, 0)).toBe('#000000');
  // sRGB red in OKLCH (CSS Color 4): 0.62796 0.25768 29.2339.
  expect(oklchToHex(0.62796, 0.25768, 29.2339)).toBe('#ff0000');
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(withAlpha('#102030', 0.5)).toBe('#10203080');
});

test('services of one screen differ, as long as there are colours', () => {
  const names = Array.from({ length: SWATCH_COUNT }, (_, i) => `neighbour-${i}`);
  for (const theme of THEMES) {
    const colours = names.map((name) => serviceColour(name, theme));
    // Names of other tests have taken some.
    expect(new Set(colours).size).toBeGreaterThan(SWATCH_COUNT / 2);
    expect(names.map((name) => serviceColour(name, theme))).toEqual(colours);
  }
});
