//! Real servers, and the processes that stand on them.

use crate::application::{Application, Plan};
use crate::world;
use std::io;
use tempfile::TempDir;
use testkit::{PostgresServer, RedisServer};

/// Redis and `PostgreSQL` of this run.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) redis: RedisServer,
    _postgres: PostgresServer,
    /// The database behind the cache.
    pub(crate) database: String,
    /// That of the twin which has had the same requests.
    pub(crate) other_database: String,
    /// Logs of the processes.
    folder: TempDir,
}

/// The processes of one round.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) plain: Application,
    pub(crate) cached: [Application; 2],
}

/// How the processes with the cache are set up in a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    /// Keeps rounds apart.
    pub(crate) prefix: String,
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) role: &'static str,
    /// Gives each process a prefix of its own.
    pub(crate) apart: bool,
}

impl Stage {
    pub(crate) async fn start() -> Result<Self, sqlx::Error> {
        let (redis, postgres) = (RedisServer::start(), PostgresServer::start());
        let database = postgres.url();
        let other_database = world::add_database(&postgres.administrator_url(), &database).await?;
        let folder = TempDir::with_prefix("twins-").map_err(sqlx::Error::Io)?;
        Ok(Self { redis, _postgres: postgres, database, other_database, folder })
    }

    /// Starts two processes with the cache on the first database, and their twin on one of the two.
    pub(crate) fn cast(&self, setup: &Setup, database_of_twin: &str) -> io::Result<Cast> {
        let plain = Application::start(&self.plan("plain", "plain", database_of_twin, Vec::new()))?;
        let cached = |name| {
            let own = if setup.apart { name } else { "" };
            let prefix = format!("{}{own}", setup.prefix);
            let mut variables = vec![("CACHE_URL", self.redis.url()), ("CACHE_PREFIX", prefix)];
            variables.extend(setup.variables.iter().cloned());
            Application::start(&self.plan(name, setup.role, &self.database, variables))
        };
        Ok(Cast { plain, cached: [cached("A")?, cached("B")?] })
    }

    /// Has strangers' keys under the prefix, so that a pass over all keys takes a while, and meets loads that begin meanwhile.
    pub(crate) fn crowd(&self, prefix: &str) {
        let script =
            "for n = 1, 20000 do redis.call('SET', ARGV[1] .. ':crowd:' .. n, '', 'EX', 60) end";
        self.redis.command(&["EVAL", script, "0", prefix]);
    }

    fn plan(
        &self,
        name: &'static str,
        role: &'static str,
        database: &str,
        mut variables: Vec<(&'static str, String)>,
    ) -> Plan {
        variables.push(("DATABASE_URL", database.to_owned()));
        Plan { name, role, variables, log: self.folder.path().join(name) }
    }
}
