//! A hub whose disk is nearly full says so wherever one looks.

use std::path::Path;
use std::process::Command;

use crate::farm::Farm;

/// A small disk at a directory, for as long as this lives.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// `None` where nobody may mount anything.
    fn mount(at: &'a Path) -> Option<Self> {
        let words = ["-t", "tmpfs", "-o", "size=16m", "tmpfs"];
        let mounted = Command::new("mount").args(words).arg(at).status();
        let mounted = mounted.is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("SKIPPED: only root mounts a small disk");
        }
        mounted.then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test]
async fn every_page_says_that_the_disk_is_nearly_full() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(dir.path()) else { return };
    let data = tempfile::tempdir_in(disk.0).unwrap();
    let farm = Farm::start_in(data).await;
    farm.world().await;
    let says = async |path: &str| {
        let (_, text) = super::page(&farm, path, "").await;
        text.contains("disk is nearly full") && text.contains("frees some space")
    };
    assert!(!says("/").await);
    // The pages that are open are told too.
    let watch = async |query: &str| {
        let url = format!("{}/util/events?{query}", farm.url);
        let mut response = farm.client.get(url).send().await.unwrap();
        assert!(response.chunk().await.unwrap().is_some(), "it is watching");
        response
    };
    let (mut page, mut other) = (watch("also=util").await, watch("resource=util").await);
    // All but what is less than a twentieth of it.
    let free = rustix::fs::statvfs(disk.0).unwrap();
    let free = free.f_bavail * free.f_frsize;
    std::fs::write(disk.0.join("filler"), vec![0; free as usize - 400 * 1024]).unwrap();
    for path in ["/", "/build", "/package/k?project_label=p", "/sign-in", "/build/none", "/docs"] {
        assert!(says(path).await, "{path}");
    }
    assert_eq!(page.chunk().await.unwrap().unwrap(), "event: farm\ndata: {}\n\n");
    assert_eq!(other.chunk().await.unwrap().unwrap(), ":\n\n", "who did not ask is not told");
    drop((page, other));
    std::fs::remove_file(disk.0.join("filler")).unwrap();
    assert!(!says("/").await);
    drop(farm.stop().await);
}
