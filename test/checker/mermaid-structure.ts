/**
 * Reads the part of Mermaid's sequence diagrams that is used here, and throws at whatever it does not
 * know: a stricter reader than Mermaid's own.
 */
export interface Structure {
  readonly participants: readonly string[];
  readonly arrows: readonly {
    readonly from: string;
    readonly to: string;
    readonly arrow: string;
    readonly text: string;
    readonly inLoop: boolean;
  }[];
  readonly notes: readonly {
    readonly over: readonly string[];
    readonly text: string;
    readonly inLoop: boolean;
  }[];
  readonly loops: readonly string[];
}

const ENTITY = /#(\d+);/g;

/** Mermaid takes `#59;` for a sign; what is left may neither end a statement nor begin a comment. */
function textOf(text: string): string {
  const bare = text.replace(ENTITY, '').replaceAll('<br/>', '');
  if (bare === '' && text === '') throw new Error('an empty text');
  if (/[#;"<>$%&]/.test(bare)) throw new Error(`not escaped: ${text}`);
  return text.replace(ENTITY, (_, code: string) => String.fromCharCode(Number(code)));
}

export function sequenceDiagram(diagram: string): Structure {
  const [head, ...lines] = diagram.split('\n');
  if (head !== 'sequenceDiagram') throw new Error(`begins with ${head}`);
  const names = new Map<string, string>();
  const arrows: Structure['arrows'][number][] = [];
  const notes: Structure['notes'][number][] = [];
  const loops: string[] = [];
  let inLoop = false;
  const known = (id: string): string => {
    const name = names.get(id);
    if (name === undefined) throw new Error(`${id} was not declared`);
    return name;
  };
  for (const line of lines) {
    const participant = /^ +participant (p\d+) as (.+)$/.exec(line);
    const arrow = /^ +(p\d+)(-->>|->>|--x|-x)(p\d+): (.+)$/.exec(line);
    const note = /^ +Note over (p\d+)(?:,(p\d+))?: (.+)$/.exec(line);
    const loop = /^ +loop (.+)$/.exec(line);
    if (participant !== null) {
      if (arrows.length + notes.length > 0) throw new Error(`late: ${line}`);
      names.set(participant[1]!, textOf(participant[2]!));
    } else if (arrow !== null) {
      const [, from, sign, to, text] = arrow;
      arrows.push({ from: known(from!), to: known(to!), arrow: sign!, text: textOf(text!), inLoop });
    } else if (note !== null) {
      const over = [note[1], note[2]].flatMap((id) => (id === undefined ? [] : [known(id)]));
      notes.push({ over, text: textOf(note[3]!), inLoop });
    } else if (loop !== null) {
      if (inLoop) throw new Error('a loop in a loop');
      inLoop = true;
      loops.push(textOf(loop[1]!));
    } else if (/^ +end$/.test(line) && inLoop) inLoop = false;
    else throw new Error(`cannot read: ${line}`);
  }
  if (inLoop) throw new Error('the loop does not end');
  return { participants: [...names.values()], arrows, notes, loops };
}
