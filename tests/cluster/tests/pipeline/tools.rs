//! Real tools: what the program says of their next migration is what happens when they run it.

use crate::project::{Outcome, Project};
use anyhow::{Context, Result, ensure};
use cluster::{program, report};
use std::path::Path;
use std::process::Command;

struct Tool {
    name: &'static str,
    /// How it migrates.
    command: &'static [&'static str],
    arguments: &'static [&'static str],
    /// The project with a first migration, which creates the table `buoy`.
    project: &'static [(&'static str, &'static str)],
    /// A second migration, which makes the column `code` unique.
    next: (&'static str, &'static str),
}

const DJANGO: Tool = Tool {
    name: "django",
    command: &["python", "manage.py", "migrate"],
    arguments: &["--run=python manage.py"],
    project: &[
        (
            "manage.py",
            "import os, sys\nfrom django.core.management import execute_from_command_line\n\
                       os.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\nexecute_from_command_line(sys.argv)\n",
        ),
        (
            "settings.py",
            "import os\nfrom urllib.parse import urlsplit\nurl = urlsplit(os.environ['DATABASE_URL'])\n\
                         DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': url.hostname, 'PORT': url.port,\n\
                         'USER': url.username, 'NAME': url.path.lstrip('/')}}\nINSTALLED_APPS = ['sea']\nSECRET_KEY = 'x'\nUSE_TZ = True\n",
        ),
        ("sea/__init__.py", ""),
        ("sea/migrations/__init__.py", ""),
        (
            "sea/migrations/0001_buoy.py",
            "from django.db import migrations, models\n\
            class Migration(migrations.Migration):\n    operations = [migrations.CreateModel('Buoy', [('id', models.BigAutoField(primary_key=True)),\n        \
            ('code', models.TextField())], {'db_table': 'buoy'})]\n",
        ),
    ],
    next: (
        "sea/migrations/0002_unique.py",
        "from django.db import migrations, models\n\
        class Migration(migrations.Migration):\n    dependencies = [('sea', '0001_buoy')]\n    \
        operations = [migrations.AlterField('Buoy', 'code', models.TextField(unique=True))]\n",
    ),
};

const ALEMBIC: Tool = Tool {
    name: "alembic",
    command: &["alembic", "upgrade", "head"],
    arguments: &[],
    project: &[
        ("alembic.ini", "[alembic]\nscript_location = %(here)s\n"),
        (
            "env.py",
            "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n\
                    url = os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg:')\n\
                    if context.is_offline_mode():\n    context.configure(url=url, literal_binds=True)\n    \
                    with context.begin_transaction():\n        context.run_migrations()\n\
                    else:\n    with create_engine(url).connect() as connection:\n        context.configure(connection=connection)\n        \
                    with context.begin_transaction():\n            context.run_migrations()\n",
        ),
        (
            "versions/a.py",
            "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a'\ndown_revision = None\n\
                           def upgrade():\n    op.create_table('buoy', sa.Column('id', sa.Integer, primary_key=True), sa.Column('code', sa.Text))\n",
        ),
    ],
    next: (
        "versions/b.py",
        "from alembic import op\nrevision = 'b'\ndown_revision = 'a'\n\
                             def upgrade():\n    op.create_unique_constraint('buoy_code', 'buoy', ['code'])\n",
    ),
};

const RAILS: Tool = Tool {
    name: "rails",
    command: &["ruby", "migrate.rb"],
    arguments: &["--tool=rails", "--run=ruby migrate.rb"],
    project: &[
        ("migrate.rb", include_str!("../../clients/rails/migrate.rb")),
        (
            "migrate/1_create_buoy.rb",
            "class CreateBuoy < ActiveRecord::Migration[6.1]\n  def change\n    \
                                      create_table(:buoy) { |t| t.text :code }\n  end\nend\n",
        ),
    ],
    next: (
        "migrate/2_unique_code.rb",
        "class UniqueCode < ActiveRecord::Migration[6.1]\n  def change\n    \
                                        add_index :buoy, :code, unique: true\n  end\nend\n",
    ),
};

const SQLX: Tool = Tool {
    name: "sqlx",
    command: &["sqlx-migrate"],
    arguments: &[],
    project: &[("migrations/1_buoy.sql", "CREATE TABLE buoy (id serial PRIMARY KEY, code text);")],
    next: ("migrations/2_unique.sql", "ALTER TABLE buoy ADD UNIQUE (code);"),
};

impl Tool {
    fn migrate(&self, project: &Project, folder: &Path) -> Result<bool> {
        let mut command = Command::new(program::find(self.command[0]).context("the tool is gone")?);
        command.args(&self.command[1..]).current_dir(folder).envs(project.environment());
        command.env("DATABASE_URL", format!("postgresql://postgres@{}:5432/app", project.address));
        Ok(command.output()?.status.success())
    }

    /// Returns what the program says.
    fn judge(&self, project: &Project, folder: &Path) -> Result<Outcome> {
        let path = if self.name == "sqlx" { folder.join("migrations") } else { folder.to_owned() };
        project.run(&[&["--json"], self.arguments].concat(), &[&path])
    }
}

#[test]
fn pipeline_says_what_real_tools_then_do() -> Result<()> {
    let mut ran = Vec::new();
    for tool in [DJANGO, ALEMBIC, RAILS, SQLX] {
        if program::find(tool.command[0]).is_none() {
            report!("{} is not installed here (tools/setup-clients installs it)", tool.name);
            continue;
        }
        let project = Project::new()?;
        let folder = project.folder(tool.name, tool.project)?;
        ensure!(tool.migrate(&project, &folder)?, "{} does not migrate", tool.name);
        let mut client = project.server.connect("app")?;
        client.batch_execute("INSERT INTO buoy (code) VALUES ('a'), ('a')")?;
        drop(client);
        project.folder(tool.name, &[tool.next])?;
        let outcome = tool.judge(&project, &folder)?;
        let is_told = outcome.code == 1 && outcome.output.contains("(23505)");
        ensure!(is_told && outcome.rows()?.len() == 1, "{}: {}", tool.name, outcome.all());
        ensure!(!tool.migrate(&project, &folder)?, "{} succeeds", tool.name);
        project.server.connect("app")?.batch_execute("DELETE FROM buoy WHERE id > 1")?;
        let outcome = tool.judge(&project, &folder)?;
        ensure!(outcome.code == 0 && outcome.rows()?.len() == 1, "{}: {}", tool.name, outcome.all());
        ensure!(tool.migrate(&project, &folder)?, "{} fails", tool.name);
        // Nothing is pending now.
        let outcome = tool.judge(&project, &folder)?;
        ensure!(outcome.code == 0 && outcome.rows()?.is_empty(), "{}: {}", tool.name, outcome.all());
        ran.push(tool.name);
    }
    report!("{} foresees what {} do", "flightcheck-migrations", ran.join(", "));
    Ok(())
}

#[test]
fn pipeline_code_of_tool_is_unknown() -> Result<()> {
    if program::find("python").is_none() {
        return Ok(());
    }
    let project = Project::new()?;
    let folder = project.folder("django", DJANGO.project)?;
    let code = "from django.db import migrations\nclass Migration(migrations.Migration):\n    \
                dependencies = [('sea', '0001_buoy')]\n    operations = [migrations.RunPython(lambda apps, editor: None)]\n";
    project.folder("django", &[("sea/migrations/0002_code.py", code)])?;
    for (arguments, expected) in [(vec!["--json"], 0), (vec!["--json", "--strict"], 2)] {
        let outcome = project.run(&[arguments.as_slice(), DJANGO.arguments].concat(), &[&folder])?;
        ensure!(outcome.code == expected, "{}", outcome.all());
        assert_eq!(outcome.statuses()?, ["sea.0001_buoy ok", "sea.0002_code unknown"]);
    }
    Ok(())
}
