/** The one cursor through the recording: where it is, and every way to move it. */
import { clockText, countText, timeText } from '../format.js';
import { Icon, type IconName } from '../shell/icon.js';
import type { Store } from '../store.js';
import { useStore } from '../use-store.js';
import { DensityStrip } from './density-strip.js';
import { marksOf, nextMark } from './marks.js';
import './cursor-bar.css';

export function CursorBar({ store }: { readonly store: Store }) {
  return (
    <section class="cursor" aria-label="Time">
      <div class="cursor-time">
        <DensityStrip store={store} />
        <Slider store={store} />
      </div>
      <div class="cursor-row">
        <Buttons store={store} />
        <Where store={store} />
      </div>
    </section>
  );
}

function Slider({ store }: { readonly store: Store }) {
  const cursor = useStore(store, (state) => state.cursor);
  const length = useStore(store, (state) => state.length);
  const index = useStore(store, (state) => state.index);
  const text = cursor < 0 ? 'before everything' : index.moment(cursor).summary;
  return (
    <input
      class="cursor-slider"
      type="range"
      min={0}
      max={Math.max(0, length - 1)}
      value={Math.max(0, cursor)}
      aria-label="Moment"
      aria-valuetext={`moment ${cursor} of ${length}: ${text}`}
      onInput={(event) => store.goTo(Number(event.currentTarget.value))}
    />
  );
}

function Buttons({ store }: { readonly store: Store }) {
  const playing = useStore(store, (state) => state.playing);
  const following = useStore(store, (state) => state.following);
  const live = useStore(store, (state) => state.live !== null);
  const toMark = (direction: 1 | -1): void => goToMark(store, direction);
  return (
    <div class="cursor-buttons" role="toolbar" aria-label="Steps">
      <Button icon="first" says="First moment (Home)" onClick={() => store.goTo(0)} />
      <Button icon="markBack" says="Previous fault, loss or crash (M)" onClick={() => toMark(-1)} />
      <Button icon="back" says="Step back (K)" onClick={() => store.step(-1)} />
      <button
        type="button"
        class="cursor-play"
        aria-pressed={playing}
        title="Play (Space)"
        onClick={() => store.play(!playing)}
      >
        <Icon name={playing ? 'pause' : 'play'} /> {playing ? 'Pause' : 'Play'}
      </button>
      <Button icon="forth" says="Step (J)" onClick={() => store.step(1)} />
      <Button icon="markForth" says="Next fault, loss or crash (m)" onClick={() => toMark(1)} />
      <Button icon="last" says="Last moment (End)" onClick={() => store.goTo(Number.POSITIVE_INFINITY)} />
      {live && (
        <button type="button" aria-pressed={following} onClick={() => store.follow(!following)}>
          {following ? '● Following' : 'Follow'}
        </button>
      )}
    </div>
  );
}

interface ButtonProps {
  readonly icon: IconName;
  readonly says: string;
  onClick(): void;
}

function Button({ icon, says, onClick }: ButtonProps) {
  return (
    <button type="button" title={says} aria-label={says} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function Where({ store }: { readonly store: Store }) {
  const cursor = useStore(store, (state) => state.cursor);
  const index = useStore(store, (state) => state.index);
  const length = useStore(store, (state) => state.length);
  const dropped = useStore(store, (state) => state.dropped);
  const moving = useStore(store, (state) => state.playing || state.following);
  if (cursor < 0 || cursor >= index.length) return <p class="cursor-where">Before everything</p>;
  const moment = index.moment(cursor);
  const clock = clockText(index.header, moment.at);
  return (
    <p class="cursor-where" aria-live={moving ? 'off' : 'polite'}>
      <b class="cursor-number">
        #{countText(cursor + dropped)}
        <span class="cursor-muted"> of {countText(length + dropped)}</span>
      </b>
      <span class="cursor-at" title={clock ?? undefined}>
        {timeText(index.header, moment.at)}
      </span>
      <span class="cursor-summary" title={moment.summary}>
        {moment.process !== null && <b>{moment.process}: </b>}
        {moment.summary}
      </span>
    </p>
  );
}

export function goToMark(store: Store, direction: 1 | -1): void {
  const { index, cursor } = store.get();
  const moment = nextMark(marksOf(index), cursor, direction);
  if (moment !== null) store.goTo(moment);
}
