/** SVG as text: escaped, with rounded numbers, so that a small change of a chart is a small difference. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** What XML 1.0 cannot hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"]/g, (glyph) => ESCAPES[glyph] ?? glyph);
}

/** To a tenth of a pixel. */
export function round(value: number): number {
  return Math.round(value * 10) / 10 || 0;
}

/** @example element('rect', { x: 1, class: 'box' }) // '<rect x="1" class="box"/>' */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeXml(`${value}`)}"`)
    .join('');
  if (children.length === 0) return `<${name}${list}/>`;
  return `<${name}${list}>${children.join('')}</${name}>`;
}
