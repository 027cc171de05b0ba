import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';

const ship = {
  async up(db) {
    await sql`CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)`.execute(db);
    await sql`SELECT gate.pass()`.execute(db);
  },
};

const db = new Kysely({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: process.env.DATABASE_URL }) }),
});
const provider = { getMigrations: async () => ({ '2026_01_01_ship': ship }) };
const { error } = await new Migrator({ db, provider }).migrateToLatest();
await db.destroy();
if (error) throw error;
