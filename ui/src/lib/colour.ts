/**
 * Colours that are computed: a stable hue per service, and the arithmetic behind it (OKLCH to sRGB, WCAG contrast).
 * All other colours are the tokens of styles/tokens.css.
 */

export type ThemeName = 'dark' | 'light';

/**
 * OKLCH hues in degrees, about equally far apart to the eye. Red and amber are left out: they mean "error" and "warning".
 * Two pale entries (sand and slate) have a chroma of their own.
 */
const HUES: readonly number[] = [112, 134, 152, 172, 196, 226, 254, 280, 300, 318, 336, 354];
const PALE: readonly (readonly [hue: number, chroma: number])[] = [
  [75, 0.045],
  [250, 0.035],
];

/** Lightness and chroma per theme; two of each hue, so that there are 26 colours in all. */
const VARIANTS: Record<ThemeName, readonly (readonly [number, number])[]> = {
  dark: [
    [0.76, 0.13],
    [0.66, 0.16],
  ],
  light: [
    [0.6, 0.15],
    [0.49, 0.14],
  ],
};

type Swatch = readonly [hue: number, variant: number, chroma: number | undefined];

/** Neighbours in this list differ in hue and lightness: near hashes give colours that are far apart. */
const SWATCHES: readonly Swatch[] = [
  ...HUES.map((_, i): Swatch => [HUES[(i * 5) % HUES.length]!, i % 2, undefined]),
  ...PALE.map(([hue, chroma]): Swatch => [hue, 0, chroma]),
  ...HUES.map((_, i): Swatch => [HUES[(i * 5) % HUES.length]!, (i + 1) % 2, undefined]),
];

const cache = new Map<string, string>();

/** The colour of a service, `#rrggbb`: the same for the same name everywhere, at least 3:1 on the theme's background. */
export function serviceColour(name: string, theme: ThemeName): string {
  const key = `${theme}:${name}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const colour = swatchColour(swatchOf(name), theme);
  // Names come from telemetry: an attacker's random names must not grow this without end.
  if (cache.size > 4000) cache.clear();
  cache.set(key, colour);
  return colour;
}

const taken = new Map<number, string>();

/** By the name; where another service of this session has that one, the next that is free: two on one screen must not look alike. */
function swatchOf(name: string): number {
  const wanted = hashText(name) % SWATCHES.length;
  for (let i = 0; i < SWATCHES.length; i++) {
    const index = (wanted + i) % SWATCHES.length;
    const owner = taken.get(index);
    if (owner !== undefined && owner !== name) continue;
    taken.set(index, name);
    return index;
  }
  return wanted;
}

/** The colour of the n-th series of a chart that is not split by service. */
export function seriesColour(index: number, theme: ThemeName): string {
  return swatchColour((index + 6) % SWATCHES.length, theme);
}

/** How many different colours there are. */
export const SWATCH_COUNT = SWATCHES.length;

function swatchColour(index: number, theme: ThemeName): string {
  const [hue, variant, paleChroma] = SWATCHES[index]!;
  const [lightness, chroma] = VARIANTS[theme][variant]!;
  return oklchToHex(lightness, paleChroma ?? chroma, hue);
}

/** `#rrggbb` with an alpha of 0..1 as `#rrggbbaa`. */
export function withAlpha(hex: string, alpha: number): string {
  return `${hex}${byteHex(Math.round(alpha * 255))}`;
}

/** WCAG 2 contrast ratio of two `#rrggbb` colours, 1..21. */
export function contrast(first: string, second: string): number {
  const a = luminance(first);
  const b = luminance(second);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** FNV-1a with a final mix, so that `service-1` and `service-2` land far apart. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** OKLCH (hue in degrees) to `#rrggbb`, clipped to sRGB. Matrices: Björn Ottosson's OKLab definition. */
export function oklchToHex(lightness: number, chroma: number, hueDegrees: number): string {
  const hue = (hueDegrees * Math.PI) / 180;
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
  const green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
  const blue = -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s;
  return `#${[red, green, blue].map((channel) => byteHex(gammaByte(channel))).join('')}`;
}

function gammaByte(linear: number): number {
  const clipped = Math.min(1, Math.max(0, linear));
  const value = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(value * 255);
}

function luminance(hex: string): number {
  const channel = (offset: number): number => {
    const value = Number.parseInt(hex.slice(offset, offset + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function byteHex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
