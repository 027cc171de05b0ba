class CreateShip < ActiveRecord::Migration[6.1]
  def up
    execute "CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL)"
    execute "SELECT gate.pass()"
  end
end
