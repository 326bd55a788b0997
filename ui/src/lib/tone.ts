/** What a colour means, and the colour that it has in a theme. Data names a tone; only what draws it knows colours. */
import type { SeverityGroup } from '#api/types.ts';
import { seriesColour, serviceColour } from './colour.ts';
import { groupColour } from './severity.ts';
import type { ThemeTokens } from './theme.tsx';

export type Tone =
  | 'accent'
  /** Present in bulk, and as it should be. */
  | 'calm'
  | 'error'
  | 'text'
  | 'faint'
  /** One that a dashboard's file names, as CSS has it. */
  | { readonly colour: string }
  | { readonly service: string }
  | { readonly severity: SeverityGroup }
  /** The n-th of things that have no meaning to colour. */
  | { readonly series: number };

export function toneColour(tone: Tone, tokens: ThemeTokens): string {
  if (typeof tone === 'object') {
    if ('colour' in tone) return tone.colour;
    if ('service' in tone) return serviceColour(tone.service, tokens.name);
    if ('severity' in tone) return groupColour(tone.severity, tokens);
    return seriesColour(tone.series, tokens.name);
  }
  if (tone === 'calm') return `color-mix(in srgb, ${tokens.accent} 60%, ${tokens.background})`;
  return tokens[tone];
}
