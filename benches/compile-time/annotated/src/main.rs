//! The functions with `#[cached]` of this toolkit. `cargo xtask compile-time` writes them and names the file.

include!(env!("COMPILE_TIME_FUNCTIONS"));

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    cache_runtime::Cache::from_env().await?.install()?;
    println!("{}", all().await?);
    Ok(())
}
