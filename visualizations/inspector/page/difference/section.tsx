import type { ComponentChildren } from 'preact';

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
}

export function Section({ title, children }: Props) {
  return (
    <section class="diff-section">
      <h4>{title}</h4>
      {children}
    </section>
  );
}

/** Name and value pairs; what is not known is left out. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [string, ComponentChildren | null])[];
}) {
  const told = facts.filter(([, value]) => value !== null && value !== undefined);
  return (
    <dl class="diff-facts">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
