/** The rows in sight as a list of options: what a screen reader reads and what a click or a key moves. */
import type { ComponentChildren } from 'preact';
import type { RecordingIndex } from '../../model/recording-index.js';
import type { Moment } from '../../model/types.js';
import type { Frame } from './drawing.js';
import { bannerOf } from './row-marks.js';
import type { Rows } from './rows.js';

interface RowListProps {
  readonly index: RecordingIndex;
  readonly rows: Rows;
  readonly frame: Frame;
  readonly cursor: number;
  /** First row of what repeats for ever; null: nothing does. */
  readonly loopRow: number | null;
  readonly onGo: (moment: number) => void;
}

export const optionId = (moment: number): string => `st-option-${moment}`;

export function RowList({ index, rows, frame, cursor, loopRow, onGo }: RowListProps): ComponentChildren {
  const { first, end, gutter } = frame;
  return (
    <>
      {Array.from({ length: end - first }, (_, at) => {
        const row = first + at;
        const moment = index.moment(rows.moment(row));
        const banner = bannerOf(moment);
        const names = ['st-row'];
        if (moment.index === cursor) names.push('st-cursor');
        if (banner !== null) names.push('st-banner', `st-banner-${banner.kind}`);
        if (loopRow !== null && row >= loopRow) names.push('st-looping');
        // A row with words of its own is called by them, so that whoever speaks to the page can say them.
        const isPlain = banner === null && row !== loopRow;
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list box takes the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the list box has the focus and names its active option
          <div
            key={moment.index}
            id={optionId(moment.index)}
            class={names.join(' ')}
            role="option"
            aria-selected={moment.index === cursor}
            aria-posinset={row + 1}
            aria-setsize={rows.count}
            aria-label={isPlain ? spoken(index, moment) : undefined}
            style={{ top: `${rows.top(row)}px`, height: `${rows.top(row + 1) - rows.top(row)}px` }}
            onClick={() => onGo(moment.index)}
          >
            <span class="st-time" style={{ width: `${gutter}px` }}>
              {timeOf(index, moment)}
            </span>{' '}
            {banner !== null && (
              <span class="st-banner-text" style={{ maxWidth: `${frame.room}px` }} title={banner.text}>
                {banner.text}
              </span>
            )}
            {row === loopRow && (
              <>
                <span class="st-repeats">↺ from here it repeats for ever</span>{' '}
                <span class="visually-hidden">{spoken(index, moment)}</span>
              </>
            )}
          </div>
        );
      })}
    </>
  );
}

/** `12.3450` in seconds, `#7` where there is no time. */
function timeOf({ header }: RecordingIndex, { at, index }: Moment): string {
  return header.beganUs === null ? `#${index}` : (at / 1e6).toFixed(4);
}

function spoken(index: RecordingIndex, moment: Moment): string {
  const time = timeOf(index, moment);
  const who = moment.actor ?? moment.process;
  return `${time}${who === null ? '' : `, ${who}`}: ${moment.summary}`;
}
