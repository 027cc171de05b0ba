const { SlonikMigrator } = require('@slonik/migrator');
const { createPool } = require('slonik');

const migrator = new SlonikMigrator({
  migrationsPath: `${__dirname}/migrations`,
  migrationTableName: 'migration',
  slonik: createPool(process.env.DATABASE_URL),
  logger: undefined,
});

migrator.up().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
