# `rails db:migrate` without the rest of Rails.
require "active_record"

ActiveRecord::Base.establish_connection(ENV.fetch("DATABASE_URL"))
ActiveRecord::Migrator.migrations_paths = [File.join(__dir__, "migrate")]
# A method of the pool since 7.2, of the connection before.
pool = ActiveRecord::Base.connection_pool
(pool.respond_to?(:migration_context) ? pool : ActiveRecord::Base.connection).migration_context.migrate
