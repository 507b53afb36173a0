import './splitter.css';

interface Props {
  /** What is before it. */
  readonly label: string;
  readonly direction: 'row' | 'column';
  /** Percent of the way, for those who do not see it. */
  readonly value: number;
  /** Pixels to the right, or down. */
  onMove(pixels: number): void;
}

const STEP = 24;

/** The line between two panes: moved by pointer or arrow keys. */
export function Splitter({ label, direction, value, onMove }: Props) {
  const [back, on] = direction === 'row' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
  return (
    // biome-ignore lint/a11y/useSemanticElements: an hr takes no focus; a focusable separator is the pattern.
    <div
      class={`splitter splitter-${direction}`}
      role="separator"
      tabIndex={0}
      aria-label={`Size of ${label}`}
      aria-orientation={direction === 'row' ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(value)}
      aria-valuemin={0}
      aria-valuemax={100}
      onKeyDown={(event) => {
        if (event.key !== back && event.key !== on) return;
        event.preventDefault();
        event.stopPropagation();
        onMove(event.key === on ? STEP : -STEP);
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        onMove(direction === 'row' ? event.movementX : event.movementY);
      }}
    />
  );
}
