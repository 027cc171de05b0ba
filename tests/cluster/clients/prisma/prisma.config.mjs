// With a driver adapter, Prisma runs its schema engine as WebAssembly, which needs no separate download.
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';

const NAME = 19;
const TEXT = 25;

// The engine reads columns of type "name", which this version of the adapter does not support.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, allowExitOnIdle: true });
pool.on('connect', (client) => {
  client.connection.prependListener('rowDescription', ({ fields }) => {
    for (const field of fields) {
      if (field.dataTypeID === NAME) field.dataTypeID = TEXT;
    }
  });
});

// As WebAssembly, the engine never clears the timer that limits its wait for the lock, and would stay until it fires.
const { setTimeout } = globalThis;
globalThis.setTimeout = (callback, delay, ...rest) => {
  const timer = setTimeout(callback, delay, ...rest);
  return delay === 10_000 ? timer.unref() : timer;
};

export default {
  experimental: { adapter: true },
  engine: 'js',
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  adapter: async () => new PrismaPg(pool),
};
