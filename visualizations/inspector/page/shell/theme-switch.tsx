import { useLayoutEffect, useState } from 'preact/hooks';
import { Icon } from './icon.js';
import { keep, kept } from './kept.js';

type Theme = 'auto' | 'light' | 'dark';

const DARK = '(prefers-color-scheme: dark)';
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

/** As the user has chosen, or else as their system has it. */
export function applyTheme(theme: Theme = asTheme(kept('theme'))): void {
  const isDark = theme === 'dark' || (theme === 'auto' && matchMedia(DARK).matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(() => asTheme(kept('theme')));
  useLayoutEffect(() => {
    const dark = matchMedia(DARK);
    const apply = (): void => applyTheme(theme);
    apply();
    dark.addEventListener('change', apply);
    return () => dark.removeEventListener('change', apply);
  }, [theme]);
  return (
    <button
      type="button"
      aria-label={`Colours: ${theme}. Change to ${NEXT[theme]}`}
      title={`Colours: ${theme}`}
      onClick={() => {
        setTheme(NEXT[theme]);
        keep('theme', NEXT[theme]);
      }}
    >
      <Icon name={theme} />
    </button>
  );
}

function asTheme(text: string | null): Theme {
  return text === 'light' || text === 'dark' ? text : 'auto';
}
