import { useLayoutEffect, useState } from 'preact/hooks';
import { Icon } from './icon.js';
import { keep, kept } from './kept.js';

type Theme = 'auto' | 'light' | 'dark';

const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(() => asTheme(kept('theme')));
  useLayoutEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const apply = (): void => {
      const isDark = theme === 'dark' || (theme === 'auto' && dark.matches);
      document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    };
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
