//! A first program: the ten newest builds that succeeded.

use mf_client::Connection;
use mf_client::resource::Build;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hub = Connection::load(None)?.hub()?;
    let filters = [("status_label", "BuildSuccess"), ("order", "-id")];
    let page = hub.rows::<Build>().page(&filters, 10, None).await?;
    for build in page.rows {
        println!("{} in {}", build.label, build.project_label);
    }
    Ok(())
}
