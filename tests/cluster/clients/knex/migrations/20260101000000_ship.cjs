exports.config = { transaction: false };

exports.up = async (knex) => {
  await knex.raw('CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)');
  await knex.raw('SELECT gate.pass()');
};

exports.down = (knex) => knex.schema.dropTable('ship');
