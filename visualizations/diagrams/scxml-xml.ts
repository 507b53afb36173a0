/** XML, indented by two spaces. */

/** Those that are null are left out. */
export type Attributes = Readonly<Record<string, string | null>>;

/**
 * @param content elements, already written
 * @param text instead of elements
 * @example element('final', { id: 'done' }) // '<final id="done"/>'
 */
export function element(
  tag: string,
  attributes: Attributes,
  content: readonly string[] = [],
  text = '',
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}="${escapedXml(value!).replaceAll('"', '&quot;')}"`)
    .join('');
  if (text !== '') return `<${tag}${written}>${escapedXml(text)}</${tag}>`;
  if (content.length === 0) return `<${tag}${written}/>`;
  return `<${tag}${written}>\n${content.map(indented).join('\n')}\n</${tag}>`;
}

const indented = (block: string): string => block.replace(/^/gm, '  ');

/** Breaks as numbers, or a reader would make spaces of them; signs that XML cannot hold are replaced. */
function escapedXml(text: string): string {
  return text
    .replace(/[&<\n\r\t]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}');
}
