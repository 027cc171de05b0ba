// A shop on Sequelize: `create` makes its tables, `write` has rows written by the ORM.
const { DataTypes, Sequelize } = require("sequelize");

const sequelize = new Sequelize({
  dialect: "postgres",
  host: process.env.PGHOST,
  username: process.env.PGUSER,
  database: process.env.PGDATABASE,
  logging: false,
});
const Product = sequelize.define("Product", { name: DataTypes.STRING, state: DataTypes.ENUM("new", "old") });
const Tag = sequelize.define(
  "tag",
  { tagId: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true }, name: DataTypes.STRING },
  { underscored: true },
);
const Invoice = sequelize.define("invoice", {
  id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true, autoIncrementIdentity: true },
});
// A table in between, made by Sequelize, with a key of its own.
const Tagged = sequelize.define("Tagged", { id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true } });
Product.belongsToMany(Tag, { through: Tagged });
Tag.belongsToMany(Product, { through: Tagged });
Product.hasMany(Invoice);

async function write(transaction) {
  for (let n = 0; n < 3; n++) {
    const product = await Product.create({ name: `product ${n}`, state: "new" }, { transaction });
    const tag = await Tag.create({ name: `tag ${n}` }, { transaction });
    await product.addTag(tag, { transaction });
    await product.createInvoice({}, { transaction });
  }
  await Tag.bulkCreate([{ name: "one" }, { name: "another" }], { transaction });
}

(process.argv[2] === "create" ? sequelize.sync() : sequelize.transaction(write))
  .then(() => sequelize.close())
  .catch((error) => {
    console.error(error.parent ?? error);
    process.exit(1);
  });
