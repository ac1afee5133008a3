//! The databases that a test runs on, and how it looks into them and holds them up.

use crate::SOON;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, query, query_scalar, raw_sql};
use std::future::Future;
use tempfile::TempDir;
use testkit::{PostgresServer, eventually_blocking};
use tokio::runtime::{self, Runtime};

/// A database of a test's own, which goes with it.
pub(crate) enum Database {
    Sqlite(TempDir),
    Postgres(PostgresServer),
}

/// Runs a test on each kind of database.
pub(crate) fn on_each(check: impl Fn(&Database)) {
    check(&Database::sqlite());
    check(&Database::postgres());
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(PostgresServer::start())
    }

    /// The URL for a node; `PostgreSQL` will know it by its name.
    pub(crate) fn url(&self, node: &str) -> String {
        match self {
            Self::Sqlite(folder) => {
                format!("sqlite:{}", folder.path().join("catalog.db").display())
            }
            Self::Postgres(server) => format!("{}&application_name={node}", server.url()),
        }
    }

    /// Runs a statement behind the catalog's back.
    pub(crate) fn execute(&self, statement: &str) {
        let url = match self {
            Self::Sqlite(_) => self.url(""),
            Self::Postgres(server) => server.administrator_url(),
        };
        block_on(async {
            let mut connection = connect(&url).await;
            raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }
}

async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await.expect("the database is there")
}

fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// Has each `SELECT` from `tables` by a node called `held` wait, in the middle, for as long as somebody holds a lock. What it reads is
/// what was there when it began, whatever is written meanwhile.
///
/// A policy for rows is a way into the statement without the program's knowledge. It is not asked for administrators, which
/// the nodes are not, nor for owners, which they are, unless it is forced on them.
const GATE: &str = "
    CREATE FUNCTION wait_at_gate() RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('application_name') = 'held' AND current_query() LIKE 'SELECT%' THEN
            PERFORM pg_advisory_lock_shared(7);
            PERFORM pg_advisory_unlock_shared(7);
        END IF;
        RETURN true;
    END $$;
    CREATE POLICY gate ON tables USING (wait_at_gate()) WITH CHECK (true);
    ALTER TABLE tables ENABLE ROW LEVEL SECURITY;
    ALTER TABLE tables FORCE ROW LEVEL SECURITY;";

/// A gate that is shut. Dropped, it opens.
pub(crate) struct Gate {
    runtime: Runtime,
    connection: AnyConnection,
}

impl Gate {
    /// Builds a gate into a catalog's database, in which there is at least one table, and shuts it.
    pub(crate) fn shut(database: &Database) -> Self {
        let Database::Postgres(server) = database else {
            panic!("SQLite can hold up nobody who reads");
        };
        database.execute(GATE);
        let runtime = runtime();
        let connection = runtime.block_on(async {
            let mut connection = connect(&server.administrator_url()).await;
            query("SELECT pg_advisory_lock(7)").execute(&mut connection).await.unwrap();
            connection
        });
        Self { runtime, connection }
    }

    /// Waits until the held node is in the middle of a read.
    #[track_caller]
    pub(crate) fn is_waited_at(&mut self) {
        let waiting = "wait_event = 'advisory'";
        eventually_blocking(SOON, || self.count(waiting) > 0, "the node waits at the gate");
    }

    /// Opens the gate, and returns when the database has answered whoever waited.
    pub(crate) fn open(mut self) {
        let unlock = query("SELECT pg_advisory_unlock(7)").execute(&mut self.connection);
        self.runtime.block_on(unlock).unwrap();
        let active = "state = 'active'";
        eventually_blocking(SOON, || self.count(active) == 0, "the database has answered");
    }

    /// How many of the held node's connections are in a state.
    fn count(&mut self, state: &str) -> i64 {
        let held = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'held' AND {state}"
        );
        let count = query_scalar(AssertSqlSafe(held)).fetch_one(&mut self.connection);
        self.runtime.block_on(count).unwrap()
    }
}
