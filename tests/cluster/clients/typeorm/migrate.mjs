import pkg from 'typeorm';

class Ship1767225600000 {
  name = 'Ship1767225600000';

  async up(runner) {
    await runner.query('CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)');
    await runner.query('SELECT gate.pass()');
  }

  async down(runner) {
    await runner.query('DROP TABLE ship');
  }
}

const source = new pkg.DataSource({ type: 'postgres', url: process.env.DATABASE_URL, migrations: [Ship1767225600000] });
await source.initialize();
await source.runMigrations();
await source.destroy();
