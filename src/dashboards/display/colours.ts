/** Hue, chroma of Grafana's colour names in OKLCH, as its themes have them about. */
const HUES: Readonly<Record<string, readonly [hue: number, chroma: number]>> = {
  red: [18, 0.2],
  orange: [55, 0.17],
  yellow: [95, 0.17],
  green: [145, 0.16],
  blue: [255, 0.16],
  purple: [305, 0.17],
};
/** Lightness in a dark and in a light theme: told apart, and readable on the background. */
const SHADES: Readonly<Record<string, readonly [dark: number, light: number]>> = {
  '': [0.72, 0.56],
  'super-light-': [0.9, 0.8],
  'light-': [0.82, 0.66],
  'semi-dark-': [0.64, 0.5],
  'dark-': [0.55, 0.44],
};
const HEX_OR_FUNCTION = /^(#[0-9a-f]{3,8}|(rgb|rgba|hsl|hsla)\([\d\s.,%/deg-]+\))$/i;
const NAMED = /^(transparent|white|black|gray|grey|text|purple|pink|teal|cyan|magenta|brown)$/;

/** A colour of a dashboard's file for CSS: a name of Grafana's palette, or a hex or rgb value; undefined for anything else. */
export function colourOf(name: string, theme: 'dark' | 'light'): string | undefined {
  const trimmed = name.trim();
  const [, shade = '', hue = ''] = /^(super-light-|light-|semi-dark-|dark-)?([a-z]+)$/.exec(trimmed) ?? [];
  const found = Object.hasOwn(HUES, hue) ? HUES[hue] : undefined;
  if (found !== undefined) {
    const [dark, light] = SHADES[shade]!;
    return `oklch(${theme === 'dark' ? dark : light} ${found[1]} ${found[0]})`;
  }
  if (trimmed === 'text') return theme === 'dark' ? '#dfe5ec' : '#18202a';
  return HEX_OR_FUNCTION.test(trimmed) || NAMED.test(trimmed) ? trimmed : undefined;
}
