//! Migrations go up, down and up again on both databases.

use vestibule::store::migrations::{self, MigrateError, Standing};

use crate::support::{TestDatabase, on_both_databases};

on_both_databases! {
    async fn up_down_up(database: TestDatabase) {
        assert_eq!(migrations::standing(&database.url).unwrap(), Standing::Level);
        assert_eq!(migrations::run(&database.url).unwrap(), 0);
        migrations::revert_all(&database.url).unwrap();
        assert_eq!(migrations::standing(&database.url).unwrap(), Standing::Behind);
        assert!(migrations::run(&database.url).unwrap() > 0);
        assert_eq!(migrations::standing(&database.url).unwrap(), Standing::Level);
    }

    async fn a_database_of_a_later_version_is_left_alone(database: TestDatabase) {
        let later = ["INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')"];
        database.execute(&later, &later);
        assert_eq!(migrations::standing(&database.url).unwrap(), Standing::Ahead);
        assert!(matches!(migrations::run(&database.url), Err(MigrateError::Ahead)));
    }
}
