//! Migrations go up, down and up again on both databases.

use vestibule::store::migrations;

use crate::support::{TestDatabase, on_both_databases};

on_both_databases! {
    async fn up_down_up(database: TestDatabase) {
        assert!(!migrations::are_pending(&database.url).unwrap());
        assert_eq!(migrations::run(&database.url).unwrap(), 0);
        migrations::revert_all(&database.url).unwrap();
        assert!(migrations::are_pending(&database.url).unwrap());
        assert!(migrations::run(&database.url).unwrap() > 0);
        assert!(!migrations::are_pending(&database.url).unwrap());
    }
}
