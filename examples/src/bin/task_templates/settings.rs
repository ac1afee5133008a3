//! The configuration: files by environment, with environment variables above them.

use crate::place::{PREFIX, SEPARATOR, bad_field, reason};
use cache_runtime::{Cache, CacheBuilder, CacheConfig};
use config::{Config, Environment, File, FileFormat, FileSourceFile, Value};
use examples::command_line::Failure;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The folder that comes with this program.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/task_templates");

/// What a deployment can choose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) database: PathBuf,
    #[serde(default)]
    pub(crate) cache: CacheConfig,
}

/// The settings, and where each of them comes from.
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    origins: Value,
}

impl Loaded {
    /// Reads `default.toml`, then the environment's own file, then the variables: later ones win.
    pub(crate) fn read(folder: Option<&Path>, environment: Option<&str>) -> Result<Self, Failure> {
        let folder = folder.unwrap_or(Path::new(FOLDER));
        let mut builder = Config::builder().add_source(file(folder, "default")?);
        if let Some(environment) = environment {
            builder = builder.add_source(file(folder, environment)?);
        }
        let variables = Environment::with_prefix(PREFIX).separator(SEPARATOR).try_parsing(true);
        let config = builder.add_source(variables).build();
        let config = config.map_err(|error| Failure::input(reason(&error)))?;
        let origins = config.cache.clone();
        match serde_path_to_error::deserialize(config) {
            Ok(settings) => Ok(Self { settings, origins }),
            Err(error) => {
                Err(bad_field(&origins, &error.path().to_string(), &reason(error.inner())))
            }
        }
    }

    /// Builds the handle. With Redis away that is a warning or an error, as the configuration has it.
    pub(crate) async fn cache(&self) -> Result<Cache, Failure> {
        self.builder()?.build().await.map_err(|error| {
            if error.is_config() { Failure::input(error) } else { Failure::fault(error) }
        })
    }

    /// The handle's options, checked.
    pub(crate) fn builder(&self) -> Result<CacheBuilder, Failure> {
        self.settings.cache.clone().into_builder().map_err(|error| self.bad_cache(&error))
    }

    /// The field is what comes before the first colon.
    fn bad_cache(&self, error: &cache_runtime::Error) -> Failure {
        let text = error.to_string();
        let (field, reason) = text.split_once(": ").unwrap_or(("", &text));
        bad_field(&self.origins, &format!("cache.{field}"), reason)
    }
}

type TomlFile = File<FileSourceFile, FileFormat>;

fn file(folder: &Path, name: &str) -> Result<TomlFile, Failure> {
    let path = folder.join(format!("{name}.toml"));
    if !path.is_file() {
        return Err(Failure::input(format!("there is no configuration {}", path.display())));
    }
    Ok(File::from(path).format(FileFormat::Toml))
}
