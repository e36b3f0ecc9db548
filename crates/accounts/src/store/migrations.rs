//! The steps that bring a database to what this version asks of it.

use std::sync::LazyLock;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// Version, name and SQL of each file in `migrations`, lowest version first.
static STEPS: &[(i64, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let step = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(STEPS.iter().map(step).collect())
});

#[cfg(test)]
mod tests {
    use super::STEPS;

    #[test]
    fn no_two_steps_have_one_version() {
        assert!(!STEPS.is_empty());
        for pair in STEPS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} and {}", pair[0].1, pair[1].1);
        }
    }
}
