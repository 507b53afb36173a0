/**
 * Loaded into a real server process before anything else (`node --import`): counts its durable steps, and
 * strikes at one of them. The server itself is what ships; only what is below it is watched.
 *
 * The plan is the JSON file that BRIDLE_STRIKE_PLAN names, see plan.ts. A strike leaves its mark beside the plan
 * before it happens, and whoever starts again finds the mark and lives.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { basename, dirname } from 'node:path';

const file = process.env.BRIDLE_STRIKE_PLAN;
const config = serverConfig(process.argv[2]);
if (file !== undefined && config !== null) arm(JSON.parse(readFileSync(file, 'utf8')));

/** Other processes inherit the option too; only servers are told a configuration. */
function serverConfig(text) {
  try {
    const { cluster, role } = JSON.parse(text ?? '');
    return typeof cluster?.name === 'string' ? { name: cluster.name, role } : null;
  } catch {
    return null;
  }
}

function arm({ counts, mark, strike }) {
  const server = `${config.name} ${config.role}`;
  const seen = new Map();
  const armed = strike !== null && strike.server === server && !existsSync(mark);
  /** Whether the step that is about to happen is the one. */
  const isDue = (step) => {
    const nth = (seen.get(step) ?? 0) + 1;
    seen.set(step, nth);
    if (counts !== null) appendFileSync(counts, `${server}\t${step}\n`);
    return armed && strike.step === step && strike.nth === nth && !existsSync(mark);
  };
  const leaveMark = () => writeFileSync(mark, JSON.stringify({ ...strike, pid: process.pid }));
  const die = () => {
    leaveMark();
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  };
  /** `half` begins the step and leaves it unfinished. */
  const around = async (step, whole, half = whole) => {
    if (!isDue(step)) return whole();
    if (strike.when === 'before') return die();
    if (strike.when === 'during') {
      void half();
      return die();
    }
    await whole();
    return die();
  };
  watchFiles(around);
  watchEngine(around);
  if (strike !== null && strike.server === server && strike.network !== undefined) {
    watchSockets(strike.network, mark, leaveMark);
  }
}

function watchFiles(around) {
  const paths = new WeakMap();
  const { open, rename, link, rm, mkdir } = fsPromises;
  let isPatched = false;
  fsPromises.open = async (path, ...rest) => {
    const handle = await open(path, ...rest);
    paths.set(handle, String(path));
    if (!isPatched) {
      isPatched = true;
      patch(Object.getPrototypeOf(handle));
    }
    return handle;
  };
  const patch = (prototype) => {
    const { datasync, sync, writev } = prototype;
    const placeOf = (handle) => placeIn(paths.get(handle) ?? '?');
    prototype.datasync = function () {
      return around(`datasync ${placeOf(this)}`, () => datasync.call(this));
    };
    prototype.sync = function () {
      return around(`sync ${placeOf(this)}`, () => sync.call(this));
    };
    prototype.writev = function (buffers, position) {
      const bytes = Buffer.concat(buffers);
      const torn = () => writev.call(this, [bytes.subarray(0, bytes.length >> 1)], position);
      return around(`write ${placeOf(this)}`, () => writev.call(this, buffers, position), torn);
    };
  };
  fsPromises.rename = (from, to) => around(`rename ${placeIn(to)}`, () => rename(from, to));
  fsPromises.link = (from, to) => around(`link ${placeIn(to)}`, () => link(from, to));
  fsPromises.rm = (path, options) => around(`remove ${placeIn(path)}`, () => rm(path, options));
  fsPromises.mkdir = (path, options) => around(`mkdir ${placeIn(path)}`, () => mkdir(path, options));
  syncBuiltinESMExports();
}

function watchEngine(around) {
  const { ClassicLevel } = createRequire(import.meta.url)('classic-level');
  const { batch } = ClassicLevel.prototype;
  ClassicLevel.prototype.batch = function (...args) {
    if (args.length === 0) return batch.call(this);
    const isMeta = args[1]?.sync === true;
    const keys = isMeta
      ? ` ${[...new Set(args[0].map(({ key }) => kindOf(String(key))))].sort().join('+')}`
      : '';
    return around(`${isMeta ? 'commit' : 'apply'}${keys}`, () => batch.apply(this, args));
  };
}

/** A large write is a block of a checkpoint on its way to the follower. */
function watchSockets({ kind, largeBytes, delayMs }, mark, leaveMark) {
  const { write } = Socket.prototype;
  const queues = new WeakMap();
  Socket.prototype.write = function (chunk, ...rest) {
    const isLarge = typeof chunk !== 'string' && chunk.length >= largeBytes;
    if (kind === 'reset' && isLarge && !existsSync(mark)) {
      leaveMark();
      write.call(this, chunk.subarray(0, chunk.length >> 1));
      setImmediate(() => this.resetAndDestroy());
      return true;
    }
    if (kind === 'slow') {
      if (isLarge && !existsSync(mark)) leaveMark();
      const before = queues.get(this) ?? Promise.resolve();
      const after = before.then(
        () =>
          new Promise((done) => {
            setTimeout(() => {
              if (!this.destroyed) write.call(this, chunk, ...rest);
              done();
            }, delayMs);
          }),
      );
      queues.set(this, after);
      return true;
    }
    return write.call(this, chunk, ...rest);
  };
}

/** Where a path is, without what differs from run to run: `1.0/log/N.log`. */
function placeIn(path) {
  const parts = [basename(dirname(String(path))), basename(String(path))];
  return kindOf(parts.join('/'));
}

function kindOf(text) {
  return text.replace(/[0-9a-f]{8,}/gi, 'X').replace(/\d+/g, 'N');
}
