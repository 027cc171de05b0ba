//! What the migration tools' own tables say.
