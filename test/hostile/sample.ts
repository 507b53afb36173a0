/** The shortest recording that can be shown. */
export function sampleRecording(): string {
  const header = { t: 'recording', version: 1, source: 'live', title: 'a run', madeBy: 'bridle 0.1.0' };
  const lines = [
    { ...header, beganUs: 1, values: 'removed' },
    { t: 'process', at: 0, process: 'east meta', what: 'up', role: 'meta' },
  ];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}
