/** Dark or light: the system's setting unless the person chose. Canvas code reads the tokens of the current theme here. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { ThemeName } from './colour.ts';

export type ThemeChoice = 'system' | 'dark' | 'light';

/** Token colours as the browser resolves them, for drawing on a canvas. */
export interface ThemeTokens {
  readonly name: ThemeName;
  readonly background: string;
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly accent: string;
  readonly error: string;
  readonly warning: string;
  /** For marks that are not text. */
  readonly errorMark: string;
  readonly warningMark: string;
  readonly infoMark: string;
  readonly debugMark: string;
  readonly selection: string;
  readonly font: string;
  readonly mono: string;
}

interface Theme {
  readonly choice: ThemeChoice;
  readonly tokens: ThemeTokens;
  readonly cycle: () => void;
}

const STORAGE_KEY = 'signalbox.theme';
const ThemeContext = createContext<Theme | undefined>(undefined);

export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const [choice, setChoice] = useState<ThemeChoice>(readChoice);
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);

  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const update = (): void => setSystemDark(media.matches);
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, []);

  const name: ThemeName = choice === 'system' ? (systemDark ? 'dark' : 'light') : choice;
  // Before the children render: they read the resolved colours while drawing.
  document.documentElement.dataset.theme = name;
  const tokens = useMemo(() => readTokens(name), [name]);

  const cycle = useCallback(() => {
    setChoice((previous) => {
      const shown =
        previous === 'system' ? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light') : previous;
      const next: ThemeChoice = shown === 'dark' ? 'light' : 'dark';
      const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
      // Coming back to what the system says is the same as following it.
      const stored: ThemeChoice = next === system ? 'system' : next;
      writeChoice(stored);
      return stored;
    });
  }, []);

  const theme = useMemo(() => ({ choice, tokens, cycle }), [choice, tokens, cycle]);
  return <ThemeContext value={theme}>{children}</ThemeContext>;
}

export function useTheme(): Theme {
  const theme = useContext(ThemeContext);
  if (!theme) throw new Error('useTheme outside of ThemeProvider');
  return theme;
}

function readTokens(name: ThemeName): ThemeTokens {
  const probe = document.createElement('i');
  document.body.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const style = getComputedStyle(document.documentElement);
  const tokens: ThemeTokens = {
    name,
    background: colour('bg'),
    panel: colour('panel'),
    text: colour('text'),
    muted: colour('muted'),
    faint: colour('faint'),
    line: colour('line'),
    lineStrong: colour('line-strong'),
    accent: colour('accent'),
    error: colour('error'),
    warning: colour('warning'),
    errorMark: colour('error-mark'),
    warningMark: colour('warning-mark'),
    infoMark: colour('info-mark'),
    debugMark: colour('debug-mark'),
    selection: colour('selection'),
    font: style.getPropertyValue('--font').trim(),
    mono: style.getPropertyValue('--mono').trim(),
  };
  probe.remove();
  return tokens;
}

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'dark' || stored === 'light' ? stored : 'system';
  } catch {
    return 'system';
  }
}

function writeChoice(choice: ThemeChoice): void {
  try {
    localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Storage may be forbidden; the choice then lasts for this page.
  }
}
