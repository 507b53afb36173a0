/**
 * Runs a chart for real: its effects become envelopes, go over a link to whoever performs them, and what
 * comes of them returns as envelopes to the chart.
 *
 *   chart ── effect ──► outbox ──► link ──► handler (a port) ──► inbox ──► chart
 *
 * Both mailboxes are streams that a recorder may watch. This module and the charts are the only places
 * that know xstate's runtime.
 */
import type { Subscription } from 'rxjs';
import {
  type Actor,
  type ActorRefLike,
  type AnyActorRef,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventObject,
  type InputFrom,
  type InspectionEvent,
} from 'xstate';
import { fullJitterMs, type RetryPolicy } from '../machines/retry.js';
import { ChartObserver } from './chartObserver.js';
import type { ChartWatcher } from './chartWatcher.js';
import { type Clock, systemClock } from './clock.js';
import type { Envelope } from './envelope.js';
import { lend } from './lentChart.js';
import { type Link, perfectLink } from './link.js';
import { Mailbox } from './mailbox.js';

/** Performs one effect. Returns the event that reports the outcome, or nothing when there is none. */
export type EffectHandler<Params> = (
  params: Params,
  context: EffectContext,
) => EventObject | undefined | Promise<EventObject | undefined>;

export interface EffectContext {
  /** Aborted when the host stops. */
  readonly signal: AbortSignal;
  /** The actor whose effect this is, e.g. `followerTable`. */
  readonly actor: string;
}

/** One handler for each effect that a chart declares. */
export type EffectHandlers<Effects extends object> = {
  [Name in keyof Effects & string]: EffectHandler<Effects[Name]>;
};

/** Handlers of a chart and of the charts it spawns, by the key under which it knows them. */
export interface ChartParts {
  readonly handlers: Readonly<Record<string, EffectHandler<never>>>;
  readonly children?: Readonly<Record<string, ChartParts | { readonly logic: unknown }>>;
}

export interface ChartHostOptions<Machine extends AnyStateMachine> extends ChartParts {
  /** Unique name of the root actor, e.g. `duplication/7`. */
  readonly name: string;
  readonly machine: Machine;
  readonly input: InputFrom<Machine>;
  /** Between effects and their handlers. */
  readonly link?: Link;
  /** Whose timers the chart's delays are. Default: the system's. */
  readonly clock?: Clock;
  /** In [0, 1), for jitter. */
  readonly random?: () => number;
  /**
   * An effect whose handler threw: a defect of the handler, which must report errors as events. Or a
   * message that found a mailbox full.
   */
  readonly onDefect?: (error: unknown, effect: string) => void;
  /** Called after every step of every actor of the system. */
  readonly onSnapshot?: (actor: string, snapshot: AnyMachineSnapshot) => void;
  /** Everything xstate's inspection reports. */
  readonly onInspection?: (event: InspectionEvent) => void;
  /** Is told what the actors of the system do. */
  readonly watcher?: ChartWatcher | undefined;
  /** Index of the partition that the system works for, for the watcher. */
  readonly partition?: number;
}

/** What is used of a system beyond what xstate promises. */
interface System {
  /** Through which every actor tells what it does. */
  _sendInspectionEvent: (event: InspectionEvent) => void;
  /** As in its own snapshot, which is a copy of it. */
  readonly _snapshot: {
    readonly _scheduledEvents: Readonly<Record<string, { readonly event: EventObject }>>;
  };
}

/** A delay of a chart that is running. */
export interface ChartTimer {
  /** As the chart calls it: `retryBackoff`. */
  readonly delay: string;
  /** Id of the state that waits: `followerTable.backingOff`. */
  readonly place: string;
  readonly dueAtMs: number;
}

interface EffectRequest {
  readonly effect: string;
  readonly params: never;
  readonly handler: EffectHandler<never>;
  readonly replyTo: ActorRefLike;
}

/**
 * @example
 * const host = new ChartHost({ name: 'duplication/7', machine: duplication, input, handlers });
 * host.start();
 * host.send({ type: 'RETRY_NOW' });
 */
export class ChartHost<Machine extends AnyStateMachine> {
  readonly name: string;
  readonly outbox = new Mailbox<unknown>();
  readonly inbox = new Mailbox<unknown>();
  readonly #actor: Actor<Machine>;
  readonly #abort = new AbortController();
  readonly #subscriptions: Subscription[] = [];
  readonly #options: ChartHostOptions<Machine>;
  readonly #clock: Clock;
  readonly #observer: ChartObserver | null;
  /** Names of the effects that this chart and its children declare. */
  readonly #effects = new Set<string>();
  /** Of the timers that run, in the order in which they were set: when they are due, as the clock's `now()`. */
  readonly #dueMs = new Map<unknown, number>();
  #underWay = 0;
  #sequence = 0;

  constructor(options: ChartHostOptions<Machine>) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#observer = this.#observe(options);
    const provided = this.#provide(options.machine, options) as Machine;
    this.#actor = createActor(provided, {
      input: options.input,
      id: options.name,
      clock: {
        setTimeout: (fire: () => void, delayMs: number) => this.#setTimer(fire, delayMs),
        clearTimeout: (timer: unknown) => {
          this.#dueMs.delete(timer);
          this.#clock.clearTimeout(timer);
        },
      },
      inspect: (event: InspectionEvent) => this.#inspect(event),
    } as never);
    if (options.onInspection === undefined) {
      // With each event xstate makes a copy of it for its observers. There is one, which needs none.
      this.#system._sendInspectionEvent = (event) => this.#inspect(event);
    }
    const link = options.link ?? perfectLink;
    this.#subscriptions.push(
      this.outbox.messages$.pipe(link).subscribe((envelope) => this.#perform(envelope)),
      this.inbox.messages$.subscribe((envelope) => this.#deliver(envelope)),
    );
  }

  get snapshot(): ReturnType<Actor<Machine>['getSnapshot']> {
    return this.#actor.getSnapshot();
  }

  get actor(): Actor<Machine> {
    return this.#actor;
  }

  get #system(): System {
    return this.#actor.system as unknown as System;
  }

  /** When the timers of the charts are due, in milliseconds since 1970. */
  timers(): readonly ChartTimer[] {
    // xstate keeps what they are for in the same order. Names are made here: who is not asked pays nothing.
    const events = Object.values(this.#system._snapshot._scheduledEvents);
    const dueMs = [...this.#dueMs.values()];
    if (events.length !== dueMs.length) return [];
    const toEpochMs = this.#clock.epochMs() - this.#clock.now();
    return events.map(({ event }, at) => {
      const [delay = '', place = ''] = timerLabel(event.type, this.name).split(' of ');
      return { delay, place, dueAtMs: Math.round((dueMs[at] ?? 0) + toEpochMs) };
    });
  }

  start(): this {
    this.#turn(() => this.#actor.start());
    return this;
  }

  /** Posts an event to the root chart. */
  send(event: Parameters<Actor<Machine>['send']>[0]): void {
    this.#post(this.inbox, 'outside', this.name, event.type, { event, target: this.#actor });
  }

  /** Stops the chart and aborts every effect under way. Doing it twice is harmless. */
  stop(): void {
    this.#abort.abort();
    this.#actor.stop();
    this.#observer?.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.outbox.close();
    this.inbox.close();
  }

  /** Replaces declared effects by posts to the outbox, and the backoff's ceiling by a jittered wait. */
  #provide(machine: AnyStateMachine, parts: ChartParts): AnyStateMachine {
    const actions: Record<string, unknown> = {};
    for (const [effect, handler] of Object.entries(parts.handlers)) {
      this.#effects.add(effect);
      actions[effect] = ({ self }: { self: AnyActorRef }, params: never) =>
        this.#post(this.outbox, nameOf(self), effect, effect, {
          effect,
          params,
          handler,
          replyTo: self,
        } satisfies EffectRequest);
    }
    const actors: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(parts.children ?? {})) {
      actors[key] =
        'logic' in child
          ? child.logic
          : this.#provide(
              (machine.implementations.actors as Record<string, AnyStateMachine>)[key] as AnyStateMachine,
              child,
            );
    }
    const random = this.#options.random ?? Math.random;
    const delays = {
      retryBackoff: ({ context }: { context: { attempt: number; times: { retry: RetryPolicy } } }) =>
        fullJitterMs(context.times.retry, context.attempt, random()),
    };
    const watched = this.#observer?.watchedGuards(machine.implementations.guards);
    const guards = watched?.guards ?? {};
    const provided = lend(machine, { actions, actors, delays, guards });
    watched?.of(provided);
    return provided;
  }

  #observe({ watcher, name, partition }: ChartHostOptions<Machine>): ChartObserver | null {
    if (watcher === undefined) return null;
    return new ChartObserver({
      watcher,
      name,
      partition,
      root: () => this.#actor,
      isEffect: (action) => this.#effects.has(action),
      mail: () => ({ inbox: this.inbox.length, outbox: this.outbox.length, underWay: this.#underWay }),
    });
  }

  /** Everything that moves the system from outside goes through here. */
  #turn(work: () => void): void {
    try {
      work();
    } finally {
      this.#observer?.settle();
    }
  }

  #post(mailbox: Mailbox<unknown>, from: string, to: string, kind: string, body: unknown): void {
    this.#sequence += 1;
    const id = `${this.name}#${this.#sequence}`;
    const taken = mailbox.post({ id, from, to, kind, body, sentAt: this.#clock.epochMs() });
    if (!taken && !this.#abort.signal.aborted) {
      this.#options.onDefect?.(new Error(`the mailbox is full, ${kind} is lost`), kind);
    }
  }

  #setTimer(fire: () => void, delayMs: number): unknown {
    const ring = () => {
      this.#dueMs.delete(timer);
      this.#turn(fire);
    };
    const timer = this.#clock.setTimeout(ring, delayMs, this.#newestTimer());
    this.#dueMs.set(timer, this.#clock.now() + delayMs);
    return timer;
  }

  /** What a timer that is being set is for; xstate enters it into its list just before it sets it. */
  #newestTimer(): string | undefined {
    if (this.#clock.tellsLabels !== true) return undefined;
    const newest = Object.values(this.#system._snapshot._scheduledEvents).at(-1);
    return timerLabel(newest?.event.type ?? '', this.name);
  }

  #perform(envelope: Envelope): void {
    const { effect, params, handler, replyTo } = envelope.body as EffectRequest;
    let waiting = false;
    const over = () => {
      if (waiting) this.#underWay -= 1;
      waiting = false;
    };
    const answer = (event: EventObject | undefined) => {
      over();
      if (event === undefined || this.#abort.signal.aborted) return;
      this.#post(this.inbox, effect, envelope.from, event.type, { event, target: replyTo });
    };
    const defect = (error: unknown) => {
      over();
      if (!this.#abort.signal.aborted) this.#options.onDefect?.(error, effect);
    };
    try {
      const outcome = handler(params, { signal: this.#abort.signal, actor: envelope.from });
      if (outcome instanceof Promise) {
        waiting = true;
        this.#underWay += 1;
        outcome.then(answer, defect);
      } else answer(outcome);
    } catch (error) {
      defect(error);
    }
  }

  /** An actor that has ended since the effect was posted takes no notice: late replies change nothing. */
  #deliver(envelope: Envelope): void {
    const { event, target } = envelope.body as { event: EventObject; target: AnyActorRef };
    if (target.getSnapshot().status !== 'active') return;
    if (this.#observer === null) target.send(event);
    else this.#turn(() => this.#observer?.delivering(envelope.from, () => target.send(event)));
  }

  #inspect(event: InspectionEvent): void {
    this.#observer?.inspect(event);
    this.#options.onInspection?.(event);
    if (event.type !== '@xstate.snapshot') return;
    const snapshot = event.snapshot as Partial<AnyMachineSnapshot>;
    if (snapshot.machine === undefined) return;
    this.#options.onSnapshot?.(nameOf(event.actorRef), snapshot as AnyMachineSnapshot);
  }
}

const TIMER_LABELS = new Map<string, string | null>();

function timerLabel(eventType: string, name: string): string {
  let label = TIMER_LABELS.get(eventType);
  if (label === undefined) {
    const [, delay, place] = /^xstate\.after\.([^.]+)\.(.+)$/.exec(eventType) ?? [];
    label = delay === undefined ? null : `${delay} of ${place}`;
    TIMER_LABELS.set(eventType, label);
  }
  return label ?? `${eventType} of ${name}`;
}

/** The name under which an actor is known to its parent, or the root's own name. */
function nameOf(actor: ActorRefLike): string {
  return (actor as AnyActorRef).id;
}
