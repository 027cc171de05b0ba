import { Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';

class Migration20260101000000 extends Migration {
  async up() {
    this.addSql('CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)');
    this.addSql('SELECT gate.pass()');
  }
}

const orm = await MikroORM.init({
  clientUrl: process.env.DATABASE_URL,
  extensions: [Migrator],
  entities: [],
  discovery: { warnWhenNoEntities: false },
  migrations: {
    migrationsList: [{ name: 'Migration20260101000000', class: Migration20260101000000 }],
    snapshot: false,
  },
});
await orm.migrator.up();
await orm.close();
