/** The servers of two clusters and the actors in them. */
import type { ProcessRole, TimedLine } from '../../../runtime/observe/recording/lines.js';
import { Walk } from './walk.js';

export interface TroupeSize {
  readonly partitions: number;
  readonly replicas: number;
  readonly table: string;
  readonly duplication: number;
}

interface Server {
  readonly process: string;
  readonly role: ProcessRole;
  readonly cluster?: string;
  readonly address?: string;
  pid: number;
  up: boolean;
}

interface Player {
  readonly process: string;
  readonly actor: string;
  readonly parent: string | null;
  readonly partition?: number;
  walk: Walk;
  alive: boolean;
}

export interface Troupe {
  /** The chart of the duplication. */
  readonly lead: Walk;
  /** Names of the processes that are up. */
  readonly living: readonly string[];
  begin(at: number): readonly TimedLine[];
  step(at: number): readonly TimedLine[];
  /** A dead server comes back if there is one, otherwise one dies; never a source's meta. */
  dieOrReturn(at: number): readonly TimedLine[];
}

export function troupeOf(size: TroupeSize, random: () => number): Troupe {
  return new Players(size, random);
}

class Players implements Troupe {
  readonly #random: () => number;
  readonly #servers: readonly Server[];
  readonly #players: readonly Player[];

  constructor(size: TroupeSize, random: () => number) {
    this.#random = random;
    this.#servers = serversOf(size);
    this.#players = playersOf(size, (chart) => new Walk(chart, random));
  }

  get lead(): Walk {
    return (this.#players[0] as Player).walk;
  }

  get living(): readonly string[] {
    return this.#servers.filter(({ up }) => up).map(({ process }) => process);
  }

  begin(at: number): readonly TimedLine[] {
    return [
      ...this.#servers.map((server) => processLine(server, 'up', at)),
      ...this.#players.map((player) => actorLine(player, at)),
    ];
  }

  step(at: number): readonly TimedLine[] {
    // The source's meta never dies, so there is always somebody.
    let player = this.#pick(this.#players);
    while (!this.#isUp(player.process)) player = this.#pick(this.#players);
    if (!player.alive || player.walk.over) return this.#beginAnew(player, at);
    const { process, actor } = player;
    const waiting = Math.floor(this.#random() * 4);
    const mail = waiting === 0 ? {} : { mail: { inbox: waiting, outbox: 0, underWay: 1 } };
    return [{ t: 'step', at, process, actor, ...player.walk.step(), ...mail }];
  }

  dieOrReturn(at: number): readonly TimedLine[] {
    const dead = this.#servers.find(({ up }) => !up);
    if (dead === undefined) {
      const mortal = this.#pick(this.#servers.slice(1).filter(({ role }) => role !== 'operator'));
      mortal.up = false;
      return [
        { ...processLine(mortal, 'died', at), why: 'SIGKILL' },
        { t: 'gap', at, process: mortal.process, lines: null, why: 'died with what it had not handed over' },
      ];
    }
    dead.up = true;
    dead.pid += 1_000;
    const players = this.#players.filter(({ process }) => process === dead.process);
    return [
      processLine(dead, 'restarted', at),
      ...players.map((player) => {
        player.walk = new Walk(player.walk.chart, this.#random);
        player.alive = true;
        return actorLine(player, at);
      }),
    ];
  }

  /** One that has come to its end first says so, and begins anew when its turn comes again. */
  #beginAnew(player: Player, at: number): readonly TimedLine[] {
    const { process, actor } = player;
    if (player.alive) {
      player.alive = false;
      return [{ t: 'end', at, process, actor, status: 'done' }];
    }
    player.walk = new Walk(player.walk.chart, this.#random);
    player.alive = true;
    return [actorLine(player, at)];
  }

  #isUp(process: string): boolean {
    return this.#servers.some((server) => server.process === process && server.up);
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

function serversOf({ replicas }: TroupeSize): Server[] {
  const servers = ['east', 'west'].flatMap((cluster, c): Server[] => {
    const server = (name: string, role: ProcessRole, n: number): Server => ({
      process: `${cluster} ${name}`,
      role,
      cluster,
      address: `127.0.0.1:${34_601 + c * 1_000 + n}`,
      pid: 4_000 + c * 100 + n,
      up: true,
    });
    return [
      server('meta', 'meta', 0),
      ...Array.from({ length: replicas }, (_, n) => server(`replica ${n}`, 'replica', n + 1)),
    ];
  });
  return [...servers, { process: 'operator', role: 'operator', pid: 3_999, up: true }];
}

function playersOf(
  { partitions, replicas, table, duplication }: TroupeSize,
  walk: (chart: string) => Walk,
): Player[] {
  const player = (process: string, actor: string, chart: string, partition?: number): Player => ({
    process,
    actor,
    parent: actor.includes('/', actor.indexOf('/') + 1) ? actor.slice(0, actor.lastIndexOf('/')) : null,
    ...(partition === undefined ? {} : { partition }),
    walk: walk(chart),
    alive: true,
  });
  const lead = `duplication/${duplication}`;
  return [
    player('east meta', lead, 'duplication'),
    player('east meta', `${lead}/followerTable`, 'followerTable'),
    player('east meta', `${lead}/watchdog`, 'watchdog'),
    player('west meta', `table/${table}`, 'table'),
    ...Array.from({ length: partitions }, (_, p) => [
      player(`east replica ${p % replicas}`, `duplicator/2.${p}`, 'partitionDuplicator', p),
      player(`west replica ${p % replicas}`, `transfer/2.${p}`, 'checkpointTransfer', p),
    ]).flat(),
  ];
}

function processLine(
  { process, role, cluster, address, pid }: Server,
  what: 'up' | 'died' | 'restarted',
  at: number,
): Extract<TimedLine, { t: 'process' }> {
  return {
    t: 'process',
    at,
    process,
    what,
    role,
    ...(cluster === undefined ? {} : { cluster }),
    ...(address === undefined ? {} : { address }),
    pid,
  };
}

function actorLine({ process, actor, parent, partition, walk }: Player, at: number): TimedLine {
  return {
    t: 'actor',
    at,
    process,
    actor,
    parent,
    chart: walk.chart,
    state: walk.state,
    context: walk.context,
    ...(partition === undefined ? {} : { partition }),
  };
}
