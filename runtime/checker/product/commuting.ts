/**
 * Verifies that a move commutes: whatever else its process does first, the move is still there
 * afterwards, nobody notices it there either, and both orders end in the same state having sent the same.
 *
 * It is verified in every state that the process can get to while the move is put off, against every
 * message for the process that is known, and again when new ones turn up. That is more than the model may
 * ever do, so a claim that passes is safe to rely on.
 */
import { ProductError } from './errors.js';
import { COMMUTES, DELTA, NEXT, NOTED, STRIDE, type Tables } from './tables.js';

interface Claim {
  readonly process: number;
  readonly label: string;
  readonly local: number;
  /** Messages up to here were tried. */
  messages: number;
}

export class Commuting {
  readonly #tables: Tables;
  readonly #isUnnoticed: (step: number) => boolean;
  readonly #claims: Claim[] = [];
  readonly #known = new Set<string>();
  #messages = 0;

  constructor(tables: Tables, isUnnoticed: (step: number) => boolean) {
    this.#tables = tables;
    this.#isUnnoticed = isUnnoticed;
  }

  /** @throws ProductError NOT_COMMUTING */
  verify(step: number): void {
    const { process, local, label } = this.#tables.sources[step]!;
    const from = this.#claims.length;
    this.#claim(process, local, label);
    for (let at = from; at < this.#claims.length; at++) {
      this.#againstMoves(this.#claims[at]!);
      this.#againstMessages(this.#claims[at]!);
    }
  }

  /** Tries messages that turned up since. */
  verifyNew(): void {
    if (this.#tables.messages.length === this.#messages) return;
    while (this.#messages < this.#tables.messages.length) {
      this.#messages = this.#tables.messages.length;
      for (let at = 0; at < this.#claims.length; at++) {
        const claim = this.#claims[at]!;
        if (claim.messages === 0) this.#againstMoves(claim);
        this.#againstMessages(claim);
      }
    }
  }

  #claim(process: number, local: number, label: string): void {
    const text = `${process} ${local} ${label}`;
    if (this.#known.has(text)) return;
    this.#known.add(text);
    this.#claims.push({ process, local, label, messages: 0 });
  }

  #againstMoves(claim: Claim): void {
    const { process, local, label } = claim;
    const put = this.#move(process, local, label)!;
    const after = this.#field(put, NEXT);
    for (const other of this.#list(this.#tables.movesIn(process, local))) {
      if (other === put) continue;
      const name = this.#tables.sources[other]!.label;
      const late = this.#move(process, after, name);
      if (late === null || !this.#isAlike(other, late))
        this.#refuse(claim, `${name} is no longer the same after it`);
      this.#diamond(claim, other, late, name);
    }
  }

  #againstMessages(claim: Claim): void {
    const { process, local, label } = claim;
    const tables = this.#tables;
    const after = this.#field(this.#move(process, local, label)!, NEXT);
    for (; claim.messages < tables.messages.length; claim.messages++) {
      if (tables.receiver.data[claim.messages] !== process) continue;
      const name = `receive ${tables.messages[claim.messages]!.kind}`;
      const early = this.#list(tables.receiptsIn(process, local, claim.messages));
      const late = this.#list(tables.receiptsIn(process, after, claim.messages));
      if (early.length !== late.length) this.#refuse(claim, `${name} has other outcomes after it`);
      early.forEach((step, at) => {
        if (!this.#isAlike(step, late[at]!)) this.#refuse(claim, `${name} sends something else after it`);
        this.#diamond(claim, step, late[at]!, name);
      });
    }
  }

  /** @param other and `late`: the same step, before the move and after it */
  #diamond(claim: Claim, other: number, late: number, name: string): void {
    const between = this.#field(other, NEXT);
    const put = this.#move(claim.process, between, claim.label);
    if (put === null) this.#refuse(claim, `it is not possible any more after ${name}`);
    if (this.#field(put, DELTA) !== 0) this.#refuse(claim, `it sends something after ${name}`);
    if (this.#field(put, NEXT) !== this.#field(late, NEXT)) {
      this.#refuse(claim, `it and ${name} end in another state the other way round`);
    }
    if (!this.#isUnnoticed(put)) this.#refuse(claim, `a property notices it after ${name}`);
    this.#claim(claim.process, between, claim.label);
  }

  /** Same effect on the network, same conditions. */
  #isAlike(a: number, b: number): boolean {
    const { steps } = this.#tables;
    for (let field = DELTA; field < STRIDE; field++) {
      if (UNCOMPARED.has(field)) continue;
      if (steps.data[a * STRIDE + field] !== steps.data[b * STRIDE + field]) return false;
    }
    return true;
  }

  #move(process: number, local: number, label: string): number | null {
    const steps = this.#list(this.#tables.movesIn(process, local));
    return steps.find((step) => this.#tables.sources[step]!.label === label) ?? null;
  }

  #list(list: number): number[] {
    const first = this.#tables.listStart.data[list]!;
    return Array.from({ length: this.#tables.listCount.data[list]! }, (_, at) => first + at);
  }

  #field(step: number, field: number): number {
    return this.#tables.steps.data[step * STRIDE + field]!;
  }

  #refuse({ process, local, label }: Claim, what: string): never {
    const refused = this.#tables.model.processes[process]!;
    const state = refused.describe(this.#tables.locals[process]![local]);
    const place = { process: refused.name, state, step: label };
    throw new ProductError('NOT_COMMUTING', `it claims to commute, and ${what}`, place);
  }
}

/** What does not bear on what the step does. */
const UNCOMPARED = new Set([NOTED, COMMUTES]);
