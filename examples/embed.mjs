// Two clusters, one table, one full copy, one proof. Servers end with the process that started them.
import { mkdtemp } from 'node:fs/promises';
import { duplicate, openCluster, startCluster } from 'bridle';

const directory = await mkdtemp('/tmp/bridle-');
const east = await startCluster({ name: 'east', directory: `${directory}/east`, replicas: 1 });
const west = await startCluster({ name: 'west', directory: `${directory}/west`, replicas: 1 });
const [source, target] = await Promise.all([east, west].map(({ meta }) => openCluster({ meta })));
await source.createTable('users', { partitionCount: 4 });
const users = await source.table('users');
for (let n = 0; n < 1000; n++) await users.put(`user ${n}`, 'name', `Ada the ${n}th`);
const copy = await duplicate({ source, table: 'users', target });
await copy.waitFor('DS_LOG', { timeoutMs: 60_000, failWhenBlocked: true });
const { equal, source: rows, missing } = await copy.verify();
console.log(`${rows} rows copied, ${missing} missing, ${equal ? 'both sides are equal' : 'NOT equal'}`);
await Promise.all([source, target, east, west].map((each) => each.close()));
