import * as boss from 'pg-boss';

const PgBoss = boss.PgBoss ?? boss.default;
const jobs = new PgBoss(process.env.DATABASE_URL);
jobs.on('error', (error) => console.error(error));
await jobs.start();
await jobs.stop({ graceful: false });
process.exit(0);
