//! The functions as they are. `cargo xtask compile-time` writes them and names the file.

include!(env!("COMPILE_TIME_FUNCTIONS"));

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}", all().await?);
    Ok(())
}
