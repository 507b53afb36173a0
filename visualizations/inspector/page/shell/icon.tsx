/** Signs of buttons, drawn here because fonts differ in the signs they have. 16 by 16. */
import './icon.css';

const PATHS = {
  open: 'M2 12.5v-9h4l1.5 2H14v7z',
  link: 'M6.5 9.5l3-3M7 4.5l1.8-1.8a2.6 2.6 0 013.7 3.7L10.7 8.2M9 11.5l-1.8 1.8a2.6 2.6 0 01-3.7-3.7l1.8-1.8',
  tick: 'M3 8.5l3.5 3.5L13 4.5',
  light:
    'M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M13 3l-1.2 1.2M4.2 11.8L3 13',
  dark: 'M13 9.5A5.5 5.5 0 016.5 3 5.5 5.5 0 1013 9.5z',
  auto: 'M8 2a6 6 0 100 12A6 6 0 008 2zM8 2v12M8 5h4.8M8 8h5.6M8 11h4.8',
  help: 'M5.6 6a2.4 2.4 0 114.2 1.6C9 8.4 8 8.8 8 10.2M8 12.6v.6',
  first: 'M3.5 3v10M12.5 3.5L6 8l6.5 4.5z',
  last: 'M12.5 3v10M3.5 3.5L10 8l-6.5 4.5z',
  back: 'M10.5 3.5L4 8l6.5 4.5z',
  forth: 'M5.5 3.5L12 8l-6.5 4.5z',
  play: 'M4.5 2.5L13 8l-8.5 5.5z',
  pause: 'M5 3v10M11 3v10',
  export: 'M8 10V2M5 5l3-3 3 3M3 9v4.5h10V9',
  markBack: 'M7.5 3.5L1.5 8l6 4.5zM12 5l3 3-3 3-3-3z',
  markForth: 'M8.5 3.5l6 4.5-6 4.5zM4 5L1 8l3 3 3-3z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
